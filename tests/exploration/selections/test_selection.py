import base64
import zlib

import numpy as np
import pytest

from embedlab.exploration.selections import encoding
from embedlab.exploration.selections.history import MOST_STATES, History
from embedlab.exploration.selections.selection import MOST_STEPS, Combination, Selection

N = 11


def rows(selection: Selection) -> list[int]:
    return selection.rows.tolist()


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (Combination.REPLACE, [2, 3, 10]),
        (Combination.ADD, [0, 1, 2, 3, 10]),
        (Combination.REMOVE, [0, 1]),
        (Combination.INTERSECT, [2]),
    ],
    ids=[each.value for each in Combination],
)
def test_combinations_are_those_of_sets(how, expected):
    first, second = Selection.of_rows([0, 1, 2], N, "a box"), Selection.of_rows([2, 3, 10], N, "a lasso")
    combined = first.combined(second, how)
    assert rows(combined) == expected
    assert combined.count == len(expected)
    assert combined.steps[-1].endswith("a lasso")


def test_inverting_and_toggling():
    some = Selection.of_rows([0, 10], N)
    assert rows(some.inverted()) == list(range(1, 10))
    assert some.inverted().inverted().digest == some.digest
    assert rows(some.toggled(4, "four")) == [0, 4, 10]
    assert some.toggled(4, "four").steps == ("add: four",)
    assert rows(some.toggled(0)) == [10]


def test_equal_rows_have_one_id_whatever_their_steps_and_other_sizes_another():
    assert Selection.of_rows([1], 8, "x").digest == Selection.of_mask(np.arange(8) == 1, "y").digest
    assert Selection.of_rows([1], 8).digest != Selection.of_rows([1], 7).digest


def test_steps_are_bounded_and_plain():
    some = Selection.empty(N)
    for number in range(40):
        some = some.toggled(number % N, f"<b>\n\u202ename {number}" + "x" * 1000)
    assert len(some.steps) == MOST_STEPS
    assert all(len(step) < 200 and "\n" not in step for step in some.steps if step.startswith("add"))


def test_undo_and_redo():
    history = History.of(N)
    assert not history.can_undo
    for row in (1, 2, 3):
        history = history.after(Selection.of_rows([row], N))
    assert rows(history.undone().current) == [2]
    assert rows(history.undone().undone().undone().undone().current) == []
    assert rows(history.undone().redone().redone().current) == [3]
    branch = history.undone().after(Selection.of_rows([9], N))
    assert rows(branch.current) == [9]
    assert not branch.can_redo
    assert rows(branch.undone().current) == [2]
    # The same rows again are no step.
    assert branch.after(Selection.of_rows([9], N, "again")) is branch


def test_history_is_bounded_in_steps_and_memory():
    history = History.of(64)
    for number in range(200):
        history = history.after(Selection.of_rows([number % 64, (number + 1) % 64], 64))
    assert len(history.states) == MOST_STATES
    n_keys = 3_000_000 * 8
    large = History((Selection(bytes(3_000_000), n_keys),))
    for number in range(4):
        large = large.after(Selection(bytes(2_999_999) + bytes([number + 1]), n_keys))
    assert len(large.states) == 2
    assert large.current.bits[-1] == 4


@pytest.mark.parametrize("n_keys", [1, 7, 8, 9, 100_000])
def test_a_selection_of_any_size_survives_as_text(n_keys):
    rng = np.random.default_rng(0)
    for mask in (rng.random(n_keys) < 0.7, np.ones(n_keys, dtype=bool), np.arange(n_keys) == n_keys - 1):
        selection = Selection.of_mask(mask)
        text = encoding.as_text(selection)
        restored = encoding.from_text(text, n_keys)
        assert restored is not None
        assert restored.digest == selection.digest
        assert len(text) < 40_001
    assert encoding.as_text(Selection.of_mask(np.ones(100_000, dtype=bool))) == "0-99999"


@pytest.mark.parametrize(
    "text",
    ["~", "~????", "~AAAA", "0-10", "1.1", "", "~" + "A" * 1000, "~eJxjAAAAAgAB", "~é"],
    ids=["empty", "alphabet", "zlib", "past-end", "twice", "nothing", "long", "short", "letters"],
)
def test_damaged_texts_are_refused(text):
    assert encoding.from_text(text, 10) is None


def test_packed_bits_of_missing_rows_are_refused():
    beyond = Selection(b"\xff\xff", 16)
    packed = "~" + base64.b64encode(zlib.compress(beyond.bits)).decode()
    assert encoding.from_text(packed, 16) is not None
    assert encoding.from_text(packed, 15) is None
