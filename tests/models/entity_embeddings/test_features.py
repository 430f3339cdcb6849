"""Names of the embeddings of columns."""

from __future__ import annotations

import pytest

from embedlab.models.entity_embeddings.features import _embedding_name


@pytest.mark.parametrize(
    ("title", "number", "name"),
    [
        pytest.param("Zip code", 2, "zip_code", id="words"),
        pytest.param("0", 0, "column_0", id="no-header"),
        pytest.param("1 words", 1, "column_1_words", id="no-header-words"),
        pytest.param("2nd floor", 1, "column_1_2nd_floor", id="begins-with-a-digit"),
        pytest.param("Straße 7", 3, "stra_e_7", id="other-letters"),
        pytest.param("名前", 4, "column_4", id="no-letters"),
        pytest.param("taken", 5, "column_5_taken", id="taken"),
    ],
)
def test_the_name_of_an_embedding_is_that_of_its_column(title: str, number: int, name: str) -> None:
    assert _embedding_name(title, number, {"taken"}) == name
