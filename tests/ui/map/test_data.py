import json
import struct
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError
from embedlab.core.similarity import Answer
from embedlab.figures.map.colors import OTHER, column_colors
from embedlab.projections.placing import Place
from embedlab.ui.map import data as map_data

IDENTITY = np.eye(4).T.ravel().tolist()


def unpack(content: bytes):
    (length,) = struct.unpack_from("<I", content)
    legend = json.loads(content[4 : 4 + length])
    return legend, np.frombuffer(content, dtype=legend["dtype"], offset=4 + length)


def test_points_are_little_endian_float32_in_order():
    content = map_data.points_bytes(np.array([[1, 2], [3, 4]], dtype=np.float32))
    assert content == struct.pack("<4f", 1, 2, 3, 4)


def test_points_of_a_column_ordered_array_keep_their_order():
    coordinates = np.asfortranarray(np.array([[1, 2, 3], [4, 5, 6]], dtype=np.float32))
    assert np.frombuffer(map_data.points_bytes(coordinates), "<f4").tolist() == [1, 2, 3, 4, 5, 6]


def test_labels_with_line_breaks_stay_one_per_line():
    labels = ["a\nb", "c\r\nd", "e\u2028f", "", "x" * 1000, "\u202egnp.exe"]
    lines = map_data.labels_bytes(labels).decode().split("\n")
    assert lines == ["a b", "c  d", "e f", "", "x" * map_data.LONGEST_LABEL, "gnp.exe"]


def test_a_lone_surrogate_in_a_label_does_not_break_the_map():
    assert map_data.labels_bytes(["a\ud800b"]).decode() == "a?b"


def test_categories_are_coded_by_frequency_and_the_rest_is_other():
    values = [f"c{code}" for code in range(14) for _ in range(20 - code)] + [None]
    found = map_data.column(pd.DataFrame({"c": values}), "c")
    assert found.values.dtype == np.uint8
    assert found.values[0] == 0
    assert found.values[-1] == map_data.MISSING
    assert found.legend["categories"][0] == ["c0", 20]
    assert len(found.legend["categories"]) == map_data.MOST_CATEGORIES
    assert found.legend["n_other"] == 8 + 7 == (found.values == map_data.OTHER).sum()
    assert found.legend["n_missing"] == 1


@pytest.mark.parametrize("value", ["Drama|Crime", ["Drama", "Crime"], ("Drama",), np.array(["Drama", "Crime"])])
def test_first_of_several_categories_is_used(value):
    found = map_data.column(pd.DataFrame({"genres": [value, "Drama"]}), "genres")
    assert found.legend["categories"] == [["Drama", 2]]


def test_numbers_keep_their_values_and_missing_ones_are_nan():
    found = map_data.column(pd.DataFrame({"x": [1.5, None, np.inf] + [2.5] * 20}), "x")
    assert found.legend == {"kind": "numbers", "min": 1.5, "max": 2.5, "log": False}
    assert np.isnan(found.values[1:3]).all()
    assert found.values[0] == 1.5


def test_counts_that_follow_a_power_law_are_shown_on_a_logarithmic_scale():
    counts = (1e6 / np.arange(1, 1001)).astype(np.int64)
    assert map_data.column(pd.DataFrame({"count": counts}), "count").legend["log"] is True
    assert map_data.column(pd.DataFrame({"count": np.arange(100)}), "count").legend["log"] is False


def test_column_of_missing_values():
    found = map_data.column(pd.DataFrame({"x": np.full(5, np.nan)}), "x")
    assert found.legend["min"] == found.legend["max"] == 0
    assert map_data.column(pd.DataFrame({"x": [None, None]}), "x").legend["n_missing"] == 2


@pytest.mark.parametrize(
    "values",
    [
        pd.array(["a", None, "b", "b"], "string"),
        pd.array([1, None, 2, 2], "Int64"),
        pd.array([True, None, False, False], "boolean"),
        pd.to_datetime(["2020-01-01", None, "2021-01-01", "2021-01-01"]),
        pd.Categorical(["a", None, "b", "b"]),
        pd.Series([Decimal(1), Decimal("nan"), Decimal(2), Decimal(2)], dtype=object),
    ],
    ids=["string", "integer", "boolean", "date", "categorical", "decimal"],
)
def test_missing_values_of_any_type_are_no_category(values):
    found = map_data.column(pd.DataFrame({"x": values}), "x")
    assert found.values.tolist() == [1, map_data.MISSING, 0, 0]
    assert found.legend["n_missing"] == 1
    colors = column_colors(pd.Series(values), "x")
    assert colors.codes is not None
    assert colors.codes.tolist() == [1, OTHER, 0, 0]


def test_an_unknown_column_names_the_known_ones():
    with pytest.raises(NotFoundError, match="Known columns: a, b"):
        map_data.column(pd.DataFrame({"a": [1], "b": [2]}), "c")


@pytest.mark.parametrize("values", [["ä" * n for n in range(1, 6)], [0.5, 1.5, 2.5, 3.5, 4.5]])
def test_the_bytes_of_a_column_are_aligned_and_read_back(values):
    found = map_data.column(pd.DataFrame({"c": values}), "c")
    content = map_data.column_bytes(found)
    legend, read = unpack(content)
    assert (len(content) - read.nbytes) % 4 == 0
    assert read.tolist() == found.values.tolist()
    assert legend["kind"] == found.legend["kind"]


def test_columns_worth_a_color_are_neither_constant_nor_names():
    metadata = pd.DataFrame(
        {
            "same": 1,
            "number": np.arange(200),
            "name": [f"n{at}" for at in range(200)],
            "genre": [f"g{at % 4}" for at in range(200)],
            "empty": None,
        }
    )
    assert map_data.colorable(metadata) == ["number", "genre"]


def test_placed_word_has_its_position_and_neighbors():
    embedding = Embedding(np.eye(3, dtype=np.float32), ["a", "b", "c"], ["A", "B", "C"])
    place = Place(np.array([0.5, -2], np.float32), "amid")
    told = map_data.placed_row(embedding, "d", place, [Answer("c", "C", 0.12345678)])
    assert told == {"word": "d", "at": [0.5, -2.0], "how": "amid", "neighbors": [[2, "C", 0.123457]]}
    assert json.loads(json.dumps(told)) == told


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(["x" * 10_000, "b"] * 30, id="a text"),
        pytest.param([["x" * 10_000, "b"], ["b"]] * 30, id="the first of a list"),
        pytest.param([[["x" * 10_000]], [["b"]]] * 30, id="a list in a list"),
    ],
)
def test_long_categories_are_truncated_for_the_legend(values):
    found = map_data.column(pd.DataFrame({"c": pd.Series(values)}), "c")
    assert max(len(name) for name, _ in found.legend["categories"]) == map_data.LONGEST_LABEL
    assert sum(count for _, count in found.legend["categories"]) == 60


def test_five_hundred_categories_become_twelve_and_the_rest():
    found = map_data.column(pd.DataFrame({"c": [f"c{row % 500}" for row in range(1000)]}), "c")
    assert len(found.legend["categories"]) == map_data.MOST_CATEGORIES
    assert found.legend["n_other"] == 1000 - 2 * map_data.MOST_CATEGORIES
