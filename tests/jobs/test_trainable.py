"""A training that cannot succeed on this machine is refused before it is queued."""

from __future__ import annotations

import pytest

from embedlab.core.errors import InputError
from embedlab.models.ease import model as ease_model
from tests.app.planted_ratings import keep_run, planted_predictor, write_planted


def test_a_model_that_needs_more_memory_than_there_is_is_never_queued(jobs, workspace, tmp_path, monkeypatch):
    dataset_id = keep_run(workspace, write_planted(tmp_path), planted_predictor).dataset_id
    before = [row.id for row in jobs.jobs()]
    monkeypatch.setattr(ease_model, "memory_limit_mb", lambda: 1.0)
    for ask in (jobs.submit_training, jobs.estimate_training):
        with pytest.raises(InputError, match="does not fit into memory") as caught:
            ask(dataset_id, "ease", {})
        assert "most_items" in caught.value.remedy
    assert [row.id for row in jobs.jobs()] == before
