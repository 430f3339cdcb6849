"""New rows of numbers: from values or from a file, and their nearest rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError, InputError, NotFoundError, TooLargeError
from embedlab.exploration.new_things.new_rows import near_rows, read_new_rows, values_of_row
from embedlab.reading.limits import Limits

COLUMNS = ("alcohol", "ash", "hue")


class Identity:
    columns = COLUMNS

    def vectors(self, values):
        return np.nan_to_num(values).astype(np.float32)


def written(folder: Path, text: str) -> Path:
    path = folder / "new.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_has_the_columns_in_any_order_and_others(tmp_path):
    path = written(tmp_path, "hue;name;alcohol\n1,5;first;13,2\nNA;second;12,1\n2,5;third;11,0\n")
    expected = [[13.2, np.nan, 1.5], [12.1, np.nan, np.nan], [11, np.nan, 2.5]]
    np.testing.assert_array_equal(read_new_rows(path, COLUMNS, Limits()), expected)


def test_other_formats_have_names_too(tmp_path):
    table = pd.DataFrame({"hue": [1.5, 2.5], "ash": [3.0, 4.0]})
    table.to_parquet(tmp_path / "new.parquet")
    table.to_json(tmp_path / "new.jsonl", orient="records", lines=True)
    for name in ("new.parquet", "new.jsonl"):
        np.testing.assert_array_equal(
            read_new_rows(tmp_path / name, COLUMNS, Limits()), [[np.nan, 3, 1.5], [np.nan, 4, 2.5]]
        )


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("a,b\n1,2\n3,4\n", InputError, id="other-columns"),
        pytest.param("alcohol,ash\nx,y\nz,w\n", InputError, id="no-numbers"),
        pytest.param("alcohol,ash\n" + "1,2\n" * 1001, TooLargeError, id="too-many"),
        pytest.param("", EmbedLabError, id="empty"),
    ],
)
def test_a_file_that_cannot_be_placed_is_refused(text, error, tmp_path):
    with pytest.raises(error):
        read_new_rows(written(tmp_path, text), COLUMNS, Limits())


def test_values_that_are_not_given_are_missing():
    np.testing.assert_array_equal(values_of_row(COLUMNS, {"ash": 2.0}), [[np.nan, 2, np.nan]])
    with pytest.raises(NotFoundError):
        values_of_row(COLUMNS, {"price": 2.0})
    with pytest.raises(InputError):
        values_of_row(COLUMNS, {})
    with pytest.raises(InputError):
        values_of_row(COLUMNS, {"ash": float("inf")})


def test_the_nearest_rows_are_those_with_the_same_pattern():
    rows = Embedding(np.eye(3, dtype=np.float32), ["x", "y", "z"])
    first, second = near_rows(Identity(), rows, np.array([[0.1, 5, 0], [np.nan, 0, 7]]), topn=2)
    assert (first.answers[0].key, second.answers[0].key) == ("y", "z")
    assert (first.number, first.n_known, second.n_known) == (1, 3, 2)
