"""The evaluation protocol: validated, named, and the same parts for the same protocol."""

from __future__ import annotations

import json
import math

import pytest

from embedlab.core.errors import InputError, ParameterError
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.registry import kind
from embedlab.kinds.text.labeled import labeled_split
from tests.models.shared.document_data import labeled_dataset, planted_documents

TEXT = kind("text").default_protocol({"documents": 10})
PUBLISHED = kind("ratings").default_protocol({"ratings": 100, "test_ratings": 20})


@pytest.mark.parametrize(
    "protocol",
    [
        pytest.param(TEXT, id="text"),
        pytest.param(kind("ratings").default_protocol({"ratings": 100}), id="ratings"),
        pytest.param(PUBLISHED, id="published"),
        pytest.param(Protocol(seed=7, validation_share=0.05, test_share=0.35, duplicates="apart"), id="chosen"),
    ],
)
def test_a_protocol_comes_back_from_json(protocol: Protocol) -> None:
    assert Protocol.from_dict(json.loads(json.dumps(protocol.as_dict()))) == protocol


def test_ids_and_titles_name_what_differs() -> None:
    assert TEXT.id == "random-seed0-0.1-0.2"
    assert TEXT.title == "Random split, 10 % for validation, 20 % for test, seed 0"
    assert PUBLISHED.id == "published-seed0-0.1"
    assert PUBLISHED.title == "Published test part, 10 % for validation, seed 0"
    others = [
        TEXT,
        PUBLISHED,
        Protocol(seed=1, test_share=0.2),
        Protocol(test_share=0.2, duplicates="apart"),
        Protocol(test_share=0.2, validation_share=0.1000001),
    ]
    assert len({protocol.id for protocol in others}) == len(others)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"seed": -1}, id="negative seed"),
        pytest.param({"seed": 2**31}, id="large seed"),
        pytest.param({"validation_share": 0.0}, id="no validation"),
        pytest.param({"test_share": 0.6}, id="large test"),
        pytest.param({"test_share": math.nan}, id="nan"),
        pytest.param({"test_share": 0.5, "validation_share": 0.45}, id="too much together"),
        pytest.param({"name": "published", "test_share": 0.2}, id="share of a published part"),
    ],
)
def test_values_out_of_bounds_are_refused(values: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        Protocol(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"name": "mine"}, id="name"),
        pytest.param({"seed": "0"}, id="text for a seed"),
        pytest.param({"seed": True}, id="truth for a seed"),
        pytest.param({"test_share": None}, id="no share"),
        pytest.param({"extra": 1}, id="unknown"),
        pytest.param({"duplicates": ["together"]}, id="list"),
    ],
)
def test_what_is_no_protocol_is_not_read(changes: dict[str, object]) -> None:
    with pytest.raises(InputError):
        Protocol.from_dict({**TEXT.as_dict(), **changes})
    with pytest.raises(InputError):
        Protocol.from_dict({"seed": 0})


def test_vectors_have_no_protocol() -> None:
    with pytest.raises(InputError, match="no evaluation protocol"):
        kind("vectors").default_protocol({"keys": 3})


def test_the_shares_are_those_of_the_protocol(tmp_path) -> None:
    dataset = labeled_dataset(tmp_path, planted_documents(n=100))
    split = labeled_split(dataset, Protocol(seed=2, validation_share=0.25, test_share=0.4))
    assert [len(part) for part in (split.train, split.validation, split.test)] == [35, 25, 40]
