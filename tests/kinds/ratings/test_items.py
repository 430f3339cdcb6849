"""Titles, years and genres out of items files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from embedlab.kinds.ratings.second_files.items import items_table, join_genres


def table(columns, *, has_header=True):
    return items_table(pd.DataFrame(columns, dtype=str), has_header=has_header)


@pytest.mark.parametrize(
    ("text", "genres"),
    [
        ("Comedy|Drama", "Comedy|Drama"),
        ("Comedy, Drama", "Comedy|Drama"),
        ("['Comedy', 'Drama']", "Comedy|Drama"),
        ("Comedy;Drama", "Comedy|Drama"),
        ("(no genres listed)", ""),
        ("", ""),
    ],
)
def test_genres_are_joined_by_bars(text, genres):
    assert join_genres(text) == genres


def test_the_year_comes_from_its_column_or_from_the_title():
    books = table({"ISBN": ["1", "2"], "Book-Title": ["A (1990)", "B"], "Year-Of-Publication": ["1999", "0"]})
    assert books["year"].tolist()[0] == 1999
    assert np.isnan(books["year"].tolist()[1])
    films = table({"movieId": ["1", "2"], "title": ["A (1990)", "Babylon 5 (1993-1998)"]})
    assert (films["year"].tolist(), films["year"].dtype) == ([1990, 1993], np.int64)
    assert "year" not in table({"id": ["1"], "title": ["1984"]}).columns


def test_other_columns_are_kept_under_names_of_their_own_and_typed():
    found = table({"id": ["1", "2"], "title": ["A", "B"], "count": ["5", ""], "country": ["FR", "DE"]})
    assert found["count (items file)"].tolist()[0] == 5
    assert found["country"].tolist() == ["FR", "DE"]


def test_the_first_of_equal_keys_counts_and_empty_titles_give_way_to_the_key():
    found = table({"id": ["1", "1", "2", ""], "title": ["A", "B", " ", "C"]})
    assert found[["key", "label"]].to_numpy().tolist() == [["1", "A"], ["2", "2"]]
