"""New rows as the inputs of the network."""

from __future__ import annotations

import pytest

from embedlab.kinds.table.standardizing import Standardizer
from embedlab.models.entity_embeddings.encoding import encode_record
from embedlab.models.entity_embeddings.features import Category, Features, Number, Text

FEATURES = Features(
    (
        Category("town", "town", "town", "", ("a", "b"), (3, 2)),
        Category("sold_months", "sold (month)", "sold", "months", ("January",), (5,)),
    ),
    (Number("rooms", "rooms", "", Standardizer()),),
    (Text("advert_words", "advert", "advert", ("sunny",), (2,), 4),),
)


@pytest.mark.parametrize("column", ["town", "sold", "rooms", "advert"])
def test_bytes_that_are_no_utf8_on_a_command_line_are_an_unknown_value(column):
    read = encode_record(FEATURES, {column: "\udcff 1"})
    named = {**read.unseen, **read.unreadable}
    assert named.get(column, "\ufffd 1" if column == "advert" else "") == "\ufffd 1"
