from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from embedlab.models.shared.side_features.columns import ColumnKind, feature_columns, values_of
from embedlab.models.shared.side_features.matrix import feature_matrix
from embedlab.models.shared.side_features.words import item_words

N = 120
SENTENCES = [f"a story number {row} about rivers" for row in range(N)]


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        pytest.param("genres", ["Comedy|Drama", "Drama", ""] * 40, ColumnKind.LIST, id="list"),
        pytest.param("studio", ["A", "B", "C"] * 40, ColumnKind.CATEGORY, id="category"),
        pytest.param("is_new", [True, False] * 60, ColumnKind.CATEGORY, id="bool"),
        pytest.param("year", [1990.0, 2001.0, np.nan] * 40, ColumnKind.YEAR, id="year"),
        pytest.param("price", np.linspace(1.5, 99, N), ColumnKind.NUMBER, id="number"),
        pytest.param("plot", SENTENCES, ColumnKind.TEXT, id="text"),
        pytest.param("tmdb_id", np.arange(N), ColumnKind.UNUSABLE, id="numeric-ids"),
        pytest.param("imdb", [f"tt{row}" for row in range(N)], ColumnKind.UNUSABLE, id="ids"),
        pytest.param("same", ["x"] * N, ColumnKind.UNUSABLE, id="constant"),
        pytest.param("empty", [""] * N, ColumnKind.UNUSABLE, id="empty"),
        pytest.param("missing", [np.nan] * N, ColumnKind.UNUSABLE, id="missing"),
    ],
)
def test_columns_are_recognized(name, values, kind):
    found = feature_columns(pd.DataFrame({"key": [f"i{row}" for row in range(N)], name: values}))
    assert found == ({} if kind == ColumnKind.UNUSABLE else {name: kind})


def test_what_is_computed_from_the_ratings_is_no_feature():
    table = pd.DataFrame({"key": ["a", "b"], "label": ["x|y", "z"], "count": [3, 4], "mean_rating": [3.5, 4.0]})
    assert feature_columns(table) == {}


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        pytest.param(ColumnKind.LIST, ["a| b ||a", None], [["a", "b"], []], id="list"),
        pytest.param(ColumnKind.YEAR, [1999, np.nan, 2000], [["1990s"], [], ["2000s"]], id="year"),
        pytest.param(ColumnKind.CATEGORY, ["x", " "], [["x"], []], id="category"),
        pytest.param(ColumnKind.NUMBER, [1.0, 2.5, np.nan], [["1"], ["2.5"], []], id="few-numbers"),
    ],
)
def test_cells_have_values(kind, values, expected):
    assert values_of(pd.Series(values), kind) == expected


def test_many_numbers_are_divided_into_ranges_of_equal_size():
    found = values_of(pd.Series(np.arange(100.0)), ColumnKind.NUMBER)
    names, counts = np.unique([row[0] for row in found], return_counts=True)
    assert len(names) == 5
    assert counts.max() - counts.min() <= 2
    assert found[0] == ["0 to 19.8"]


def test_a_matrix_has_the_frequent_features_most_frequent_first():
    table = pd.DataFrame({"key": list("abcd"), "genres": ["X|Y", "Y", "Y|rare", ""], "studio": ["s", "t", "s", "s"]})
    found = feature_matrix(table, min_count=2)
    assert found is not None
    assert found.keys == ["genres: Y", "studio: s"]
    assert found.counts.tolist() == [3, 3]
    assert found.n_left_out == 3
    np.testing.assert_array_equal(found.matrix.toarray(), [[1, 1], [1, 0], [1, 1], [0, 1]])
    assert len(feature_matrix(table, min_count=1, most=1).keys) == 1
    assert feature_matrix(table, min_count=5) is None
    assert feature_matrix(table[["key"]], min_count=1) is None


def test_the_words_of_an_item_are_its_values_and_the_words_of_its_texts():
    table = pd.DataFrame(
        {
            "key": [f"i{row}" for row in range(N)],
            "label": ["The Red River (1948)", "i1", *(f"x{row}" for row in range(2, N))],
            "genres": ["Western|War", *["Drama"] * (N - 1)],
            "year": [1948, *[1999] * (N - 1)],
            "plot": SENTENCES,
        }
    )
    words = item_words(table, title_words=True)
    assert sorted(words[0]) == sorted(
        ["genres: Western", "genres: War", "year: 1940s", "story", "number", "rivers", "red", "river"]
    )
    # A label that is only the key is no title.
    assert sorted(words[1]) == sorted(["genres: Drama", "year: 1990s", "story", "number", "rivers"])
    assert "red" not in item_words(table, title_words=False)[0]
