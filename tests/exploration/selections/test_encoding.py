import pytest

from embedlab.exploration.selections.encoding import MOST_ROWS, decode, encode


@pytest.mark.parametrize(
    ("rows", "text"),
    [([], ""), ([4], "4"), ([0, 1, 2], "0-2"), ([9, 2, 3, 2, 0], "0.2-3.9")],
    ids=["none", "one", "range", "unsorted"],
)
def test_rows_become_ascending_ranges(rows, text):
    assert encode(rows) == text
    if rows:
        assert decode(text, 10) == tuple(sorted(set(rows)))


REFUSED = {
    "empty": "",
    "negative": "-1",
    "open": "1-",
    "word": "a",
    "reversed": "3-2",
    "twice": "2.2",
    "descending": "3.1",
    "past-end": "0-10",
    "no-row": "10",
    "gap": "1..2",
    "digit": "\u0663",
    "long": "9" * 5000,
    "space": "0.1 ",
}


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused(text):
    assert decode(text, 10) is None


def test_the_largest_selection_is_accepted_and_a_larger_one_refused():
    rows = range(0, 2 * MOST_ROWS, 2)
    assert decode(encode(rows), 10**6) == tuple(rows)
    assert decode(encode([*rows, 10**5]), 10**6) is None
    assert decode(f"0-{MOST_ROWS}", 10**6) is None
