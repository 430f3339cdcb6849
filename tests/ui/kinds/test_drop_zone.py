"""The examples where files are dropped."""

from __future__ import annotations

from embedlab.kinds.registry import KINDS


def test_every_kind_of_data_is_named_by_an_example() -> None:
    assert [name for name, known in KINDS.items() if not known.example] == []
