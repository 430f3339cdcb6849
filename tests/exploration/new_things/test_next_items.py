"""What comes next after given items, and why."""

from __future__ import annotations

import pytest

from embedlab.core.errors import InputError, ParameterError
from embedlab.exploration.new_things.next_items import influences, next_items, rows_of
from embedlab.models.contract.sequence_abilities import ContinuesSequence
from tests.models.sequence_data import cycle_lines, dataset_of, trained


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    folder = tmp_path_factory.mktemp("next")
    dataset = dataset_of(folder, cycle_lines())
    return trained("markov", dataset, folder / "scratch")[0].ability(ContinuesSequence), dataset


def test_the_next_item_comes_first_and_unknown_items_are_named(opened):
    found = next_items(*opened, ["i3", "nonsense", "i4"], 3)
    assert found.answers[0].key == "i5"
    assert found.unknown == ("nonsense",)
    assert [opened[1].item_keys[row] for row in found.history] == ["i3", "i4"]
    # Items of the history are left out, and the probabilities are those of the others.
    everything = next_items(*opened, ["i3", "i4"], 100)
    assert {answer.key for answer in everything.answers} == {f"i{row}" for row in range(8)} - {"i3", "i4"}
    assert sum(answer.probability or 0.0 for answer in everything.answers) == pytest.approx(1.0)


def test_reasons_are_what_the_score_loses_without_an_item(opened):
    ability, dataset = opened
    found = next_items(ability, dataset, ["i3", "i4"], 1)
    (of_answer,) = influences(ability, dataset, found.history, [found.answers[0].row])
    reasons = {each.key: each.change for each in of_answer}
    # A Markov chain looks at the last item only.
    assert reasons["i3"] == 0
    assert reasons["i4"] > 0.9


def test_reasons_of_a_long_history_are_computed_in_blocks(opened, monkeypatch):
    ability, dataset = opened
    history, targets = [3, 4, 5, 3, 4], [0, 6]
    whole = influences(ability, dataset, history, targets)
    lengths = []

    def next_scores(self, histories):
        lengths.append(len(histories))
        return type(ability).next_scores(ability, histories)

    class Counted(type(ability)):
        pass

    monkeypatch.setattr(Counted, "next_scores", next_scores)
    monkeypatch.setattr("embedlab.exploration.new_things.next_items._MOST_SCORES", 2 * ability.n_items)
    assert influences(Counted(ability.table), dataset, history, targets) == whole
    assert lengths == [2, 2, 2]


@pytest.mark.parametrize(
    "topn", [pytest.param(0, id="none"), pytest.param(-3, id="negative"), pytest.param(1001, id="too-many")]
)
def test_a_number_of_answers_out_of_bounds_is_refused(opened, topn):
    with pytest.raises(ParameterError, match="number of answers"):
        next_items(*opened, ["i3"], topn)


def test_items_are_found_by_title_unless_two_have_it(opened):
    import pandas as pd

    class Titled:
        items = pd.DataFrame({"key": ["1", "2", "3"], "label": ["Home", "Shop", "Shop"]})

    assert rows_of(Titled(), ["Home", "3", "Shop"]) == ([0, 2], ["Shop"])
    with pytest.raises(InputError, match="Give the last ones only"):
        rows_of(Titled(), ["Home"] * 1001)


def test_only_unknown_items_are_refused_and_none_is_fine(opened):
    with pytest.raises(InputError, match="None of the items"):
        next_items(*opened, ["x"], 3)
    assert len(next_items(*opened, [], 3).answers) == 3
    with pytest.raises(InputError, match="at most"):
        next_items(*opened, ["i1"] * 2000, 3)
