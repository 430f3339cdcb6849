"""Columns as colors: as many categories as there are, all values of lists, signs, and whatever data contains."""

from __future__ import annotations

import json
import struct

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import NotFoundError
from embedlab.exploration.clusters import MUTED, NO_GROUP, Clusters, Layer
from embedlab.ui.map.color_columns import MOST_OFFERED, cluster_column, color_column, layers_column


def column(values, name: str = "c"):
    return color_column(pd.DataFrame({name: pd.Series(values)}), name)


def test_all_values_of_lists_are_offered_and_counted():
    found = column([["Drama", "Crime"], "Crime|Drama|Crime", ["Comedy"], None, []])
    assert found.legend["categories"] == [["Drama", 2], ["Crime", 2], ["Comedy", 1]]
    # The first value colors a key; the others find it too.
    assert found.values.tolist() == [0, 1, 2, 255, 255]
    assert list(zip(found.rows.tolist(), found.codes.tolist(), strict=True)) == [(0, 1), (1, 0)]
    assert found.legend["n_missing"] == 2


@pytest.mark.parametrize(
    ("n", "dtype", "offered", "other"),
    [(254, np.uint8, 254, 254), (255, np.uint16, 255, 65534), (700, np.uint16, MOST_OFFERED, 65534)],
    ids=["bytes", "two-bytes", "bounded"],
)
def test_as_many_categories_as_there_are(n, dtype, offered, other):
    found = column([f"c{at}" for at in range(n)] + ["c0"])
    assert found.values.dtype == dtype
    assert (len(found.legend["categories"]), found.legend["n_categories"]) == (offered, n)
    assert found.legend["categories"][0] == ["c0", 2]
    assert (found.values == other).sum() == found.legend["n_other"] == n - offered
    assert found.legend["other_code"] == other


def test_bytes_are_aligned_and_read_back():
    found = column([["a", "b", "c"], ["b"], ["a", "c"]])
    content = found.as_bytes()
    (length,) = struct.unpack_from("<I", content)
    legend = json.loads(content[4 : 4 + length])
    assert length % 4 == 0
    assert legend["n_further"] == 3
    end = 4 + length + 4
    rows = np.frombuffer(content, "<u4", 3, end)
    codes = np.frombuffer(content, "<u2", 3, end + 12)
    assert len(content) == end + 18
    assert rows.tolist() == [0, 0, 2]
    assert [legend["categories"][code][0] for code in codes] == ["b", "c", "c"]


def test_numbers_of_both_signs_have_a_middle():
    assert column([-1.0, 2.0, 0.5]).legend["middle"] == 0
    assert "middle" not in column([0.0, 2.0]).legend
    assert "middle" not in column([-3.0, -2.0]).legend


def test_colors_do_not_reach_a_few_extreme_values():
    usual = np.linspace(-1.0, 1.0, 41)
    assert "reach" not in column(usual).legend
    legend = column([*usual, 30.0]).legend
    assert (legend["min"], legend["max"]) == (-1, 30)
    assert 0.9 < legend["reach"] <= 1.0


def test_skewed_numbers_are_logarithmic_and_missing_ones_counted():
    legend = column([*(1000.0 / np.arange(1, 200)), np.nan, np.inf]).legend
    assert (legend["log"], legend["n_missing"]) == (True, 2)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([np.nan] * 4, "numbers"),
        ([7.0] * 4, "numbers"),
        (["same"] * 4, "categories"),
        ([None] * 4, "categories"),
        ([7], "categories"),
        ([True, False, None], "categories"),
    ],
    ids=["nan", "constant", "one-category", "none", "one-point", "flags"],
)
def test_columns_without_differences_are_columns(values, kind):
    found = column(values)
    assert found.legend["kind"] == kind
    assert len(found.values) == len(values)
    json.dumps(dict(found.legend), allow_nan=False)


def test_names_from_data_stay_text_and_are_short():
    found = column(["x" * 10_000, "<script>alert(1)</script>", "a\nb\u202e", [["deep", "x|y"]]])
    names = [name for name, _ in found.legend["categories"]]
    assert max(map(len, names)) == 200
    assert "<script>alert(1)</script>" in names
    assert "a b" in names
    assert {"deep", "x", "y"} <= set(names)


def test_an_unknown_column_names_the_known_ones():
    with pytest.raises(NotFoundError, match="Known columns: c"):
        color_column(pd.DataFrame({"c": [1]}), "d")


def clusters() -> Clusters:
    fine = Layer(np.array([2, 0, 1, NO_GROUP], np.uint16), ("x", "y", "z"), np.array([1, 0, 1], np.uint16))
    return Clusters(np.array([1, 1, 0, MUTED], np.uint8), ("one", "two"), True, (fine,))


def test_layers_of_clusters_are_columns():
    coarse, fine = cluster_column(clusters()), cluster_column(clusters(), 1)
    assert coarse.values.tolist() == [1, 1, 0, 254]
    assert fine.values.tolist() == [2, 0, 1, 254]
    assert (coarse.legend["parents"], fine.legend["parents"]) == ([0, 1], [1, 0, 1])
    assert fine.legend["categories"] == [["x", 1], ["y", 1], ["z", 1]]
    with pytest.raises(NotFoundError, match="layer"):
        cluster_column(clusters(), 2)


def test_all_layers_at_once():
    found = layers_column(clusters())
    assert found.values.tolist() == [2, 0, 1, NO_GROUP]
    assert [len(layer["categories"]) for layer in found.legend["layers"]] == [2, 3]
    assert found.legend["layers"][1]["parents"] == [1, 0, 1]
