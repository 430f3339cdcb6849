import json

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError
from embedlab.exploration.selections.table import MOST_COLUMNS, table_columns, table_page


@pytest.fixture(scope="module")
def films() -> Embedding:
    metadata = pd.DataFrame(
        {
            "year": [1994.0, np.nan, 1990.0, 2001.0],
            "label ": ["<b>x</b>", None, "a\nb", "y" * 10_000],
            "tags": pd.Series([["a", "b"], [], None, ["c"]], dtype=object),
            "count": [4, 3, 2, 1],
        }
    )
    return Embedding(np.ones((4, 2), dtype=np.float32), list("abcd"), ["Zoo", "Ant", "bee", "Cat"], metadata)


PLACES = np.array([[0, 3], [1, 2], [2, 1], [3, 0]], dtype=np.float32)


def indices(page) -> list[int]:
    return [index for index, _ in page.rows]


def test_columns_are_name_key_count_metadata_and_coordinates(films):
    assert [(column.id, column.title) for column in table_columns(films, 2)] == [
        ("label", "Name"),
        ("key", "Key"),
        ("m3", "count"),
        ("m0", "year"),
        ("m1", "label"),
        ("m2", "tags"),
        ("x", "x"),
        ("y", "y"),
    ]


@pytest.mark.parametrize(
    ("sort", "descending", "expected"),
    [
        ("", False, [0, 1, 2, 3]),
        ("label", False, [1, 2, 3, 0]),
        ("label", True, [0, 3, 2, 1]),
        ("m0", False, [2, 0, 3, 1]),
        ("m0", True, [3, 0, 2, 1]),
        ("y", False, [3, 2, 1, 0]),
        ("m2", False, [1, 0, 3, 2]),
    ],
    ids=["none", "name", "name-down", "number", "number-down-missing-last", "coordinate", "list"],
)
def test_sorting(films, sort, descending, expected):
    assert indices(table_page(films, PLACES, sort=sort, descending=descending)) == expected


def test_only_selected_and_matching_rows_a_page_at_a_time(films):
    mask = np.array([True, True, False, True])
    page = table_page(films, PLACES, mask, sort="label", first=2, n=2)
    assert (page.n_rows, page.first, indices(page)) == (3, 2, [0])
    assert indices(table_page(films, PLACES, mask, text="c")) == [3]
    assert indices(table_page(films, PLACES, mask, first=99, n=2)) == [3]
    assert table_page(films, PLACES, np.zeros(4, dtype=bool)).n_rows == 0


def test_the_page_of_a_key(films):
    assert table_page(films, PLACES, sort="label", n=1, around=3).first == 2
    assert table_page(films, PLACES, np.arange(4) == 0, n=1, around=3).first == 0


def test_cells_are_bounded_json_without_line_breaks(films):
    page = table_page(films, PLACES)
    cells = dict(page.rows)
    assert json.loads(json.dumps(cells[1], allow_nan=False)) == ["Ant", "b", 3, None, None, "", 1.0, 2.0]
    assert cells[0][4] == "<b>x</b>"
    assert cells[2][4] == "a b"
    assert len(cells[3][4]) == 120
    assert cells[0][5] == "a|b"


@pytest.mark.parametrize("wrong", [{"sort": "m9"}, {"sort": "vector"}, {"n": 0}, {"n": 1000}], ids=repr)
def test_other_columns_and_sizes_are_refused(films, wrong):
    with pytest.raises(InputError):
        table_page(films, PLACES, **wrong)


def test_hundreds_of_columns_are_bounded():
    wide = pd.DataFrame({f"c{number}": [1, 2] for number in range(500)})
    embedding = Embedding(np.ones((2, 2), dtype=np.float32), ["a", "b"], metadata=wide)
    page = table_page(embedding, np.zeros((2, 3), dtype=np.float32))
    assert len(page.columns) == MOST_COLUMNS + 4
