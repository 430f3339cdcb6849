from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from gensim.models import KeyedVectors

from embedlab.core.errors import InputError
from embedlab.notebook.vectors import as_embedding

ROWS = np.array([[1, 0], [0, 1], [1, 1]], np.float64)


def keyed(names=("sea", "ship", "sand")):
    vectors = KeyedVectors(2)
    vectors.add_vectors(list(names), ROWS)
    return vectors


def test_keyed_vectors_bring_their_keys_and_counts():
    vectors = keyed()
    for key, count in (("sea", 9), ("ship", 5), ("sand", 2)):
        vectors.set_vecattr(key, "count", count)
    for given in (vectors, SimpleNamespace(wv=vectors)):
        embedding = as_embedding(given)
        assert list(embedding.keys) == ["sea", "ship", "sand"]
        assert embedding.metadata["count"].tolist() == [9, 5, 2]
        np.testing.assert_array_equal(embedding.vectors, ROWS)
        assert as_embedding(embedding) is embedding


def test_an_array_has_names_labels_and_metadata():
    table = pd.DataFrame({"label": ["Sea", "Ship", "Sand"], 7: ["x", "y", "x"]}, index=[5, 3, 1])
    embedding = as_embedding(ROWS, [1, "b", 2.5], table)
    assert list(embedding.keys) == ["1", "b", "2.5"]
    assert list(embedding.labels) == ["Sea", "Ship", "Sand"]
    assert embedding.metadata["7"].tolist() == ["x", "y", "x"]
    assert list(as_embedding(ROWS.tolist()).keys) == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("text",), "not vectors"),
        (({"a": [1, 2]},), "not vectors"),
        (([[1, 2], [3]],), "not vectors"),
        (([1.0, 2.0],), "two dimensions"),
        ((np.zeros((0, 3)),), "at least one vector"),
        (([[1, np.nan]],), "NaN"),
        ((ROWS, ["a", "b"]), "one key"),
        ((ROWS, ["a", "a", "b"]), "twice"),
        ((ROWS, ["a", "", "b"]), "empty"),
        ((ROWS, None, pd.DataFrame({"x": [1]})), "one row of metadata"),
        ((keyed(), ["a", "b", "c"]), "keys of their own"),
    ],
    ids=["text", "dict", "ragged", "flat", "none", "nan", "names", "twice", "empty", "metadata", "both"],
)
def test_what_is_not_vectors_is_said(arguments, said):
    with pytest.raises(InputError, match=said):
        as_embedding(*arguments)
