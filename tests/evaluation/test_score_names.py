"""Names of scores that several tasks share."""

from __future__ import annotations

import pytest

from embedlab.evaluation import score
from embedlab.evaluation.score import ScoreKind

SHARED = ScoreKind("Shared", "higher", "test", 1.0)


def test_tasks_may_share_a_score_that_is_the_same_and_the_last_one_removes_it():
    score.add({"shared": SHARED}, {"rival": "Rival"})
    score.add({"shared": SHARED}, {"rival": "Rival"})
    score.remove({"shared": SHARED}, {"rival": "Rival"})
    assert (score.kind_of("shared"), score.baseline_title("rival")) == (SHARED, "Rival")
    score.remove({"shared": SHARED}, {"rival": "Rival"})
    assert "shared" not in score.KNOWN
    assert "rival" not in score.BASELINE_TITLES


def test_a_name_for_another_score_is_refused_and_nothing_is_added():
    with pytest.raises(ValueError, match="loss is already registered"):
        score.add({"loss": SHARED, "new": SHARED}, {})
    assert "new" not in score.KNOWN


def test_a_score_of_this_module_is_never_removed():
    known = score.KNOWN["loss"]
    score.add({"loss": known}, {})
    score.remove({"loss": known}, {})
    assert score.KNOWN["loss"] is known
