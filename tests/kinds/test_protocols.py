"""The evaluation protocol: validated, named, and the same parts for the same protocol."""

from __future__ import annotations

import json
import math

import pytest

from embedlab.core.errors import InputError, ParameterError
from embedlab.kinds.protocols import PROTOCOL_NAMES, PROTOCOL_TITLES, Protocol
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


RATING_PROTOCOLS = [
    pytest.param(Protocol("leave-last", 0, 0.0, 0.0), "leave-last-seed0", id="leave-last"),
    pytest.param(Protocol("time-cut", 0, 0.1, 0.2), "time-cut-seed0-0.1-0.2", id="time-cut"),
    pytest.param(Protocol("unseen-users", 2, 0.1, 0.2), "unseen-users-seed2-0.1-0.2", id="unseen-users"),
    pytest.param(
        Protocol("unseen-users", 0, 0.1, 0.1, history_share=0.5, positive_from=3.5),
        "unseen-users-seed0-0.1-0.1-history0.5-from3.5",
        id="all values",
    ),
    pytest.param(Protocol(positive_from=3.0), "random-seed0-0.1-0.1-from3.0", id="positive"),
]


@pytest.mark.parametrize(("protocol", "expected_id"), RATING_PROTOCOLS)
def test_protocols_of_rankings_come_back_from_json(protocol: Protocol, expected_id: str) -> None:
    assert Protocol.from_dict(json.loads(json.dumps(protocol.as_dict()))) == protocol
    assert protocol.id == expected_id


def test_what_earlier_versions_stored_is_unchanged() -> None:
    stored = {
        "name": "random", "seed": 4, "validation_share": 0.1, "test_share": 0.2, "duplicates": "together",
    }  # fmt: skip
    assert Protocol.from_dict(stored).as_dict() == stored
    assert Protocol.from_dict(stored).id == "random-seed4-0.1-0.2"
    published = {**stored, "name": "published", "test_share": 0.0, "duplicates": "apart"}
    assert Protocol.from_dict(published).as_dict() == published
    assert Protocol.from_dict(published).id == "published-seed4-0.1-apart"


@pytest.mark.parametrize(
    ("protocol", "title"),
    [
        pytest.param(
            Protocol("leave-last", 0, 0.0, 0.0),
            "Leave last out: the last rating of each user for test, the one before for validation",
            id="leave-last",
        ),
        pytest.param(
            Protocol("time-cut", 0, 0.1, 0.2),
            "Time cut: the newest 20 % for test, the 10 % before for validation",
            id="time-cut",
        ),
        pytest.param(
            Protocol("unseen-users", 1, 0.1, 0.2, positive_from=3.5),
            "Unseen users: 10 % of the users for validation, 20 % for test, 80 % of their ratings given, seed 1, "
            "ratings from 3.5 count as positive",
            id="unseen-users",
        ),
    ],
)
def test_titles_say_what_is_held_out(protocol: Protocol, title: str) -> None:
    assert protocol.title == title


@pytest.mark.parametrize("name", PROTOCOL_NAMES)
def test_every_protocol_says_what_it_measures(name: str) -> None:
    assert PROTOCOL_TITLES[name]
    shares = {"leave-last": (0.0, 0.0), "published": (0.1, 0.0)}.get(name, (0.1, 0.1))
    protocol = Protocol(name, 0, *shares)  # type: ignore[arg-type]
    assert protocol.explanation.startswith("Measures ")
    assert "leak" in protocol.explanation
