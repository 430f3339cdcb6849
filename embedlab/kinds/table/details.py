"""The stored details of tables, as far as pages read them."""

from __future__ import annotations

from embedlab.kinds.stored_details import Count, StoredDetails, StoredPart


class _Column(StoredPart):
    name: str
    type: str
    is_used: bool
    reasons: list[str]
    n_values: Count
    n_missing: Count


class _Target(StoredPart):
    name: str
    n_classes: Count
    is_log: bool
    may_be_log: bool


class TableDetails(StoredDetails):
    """The target, and what was found out about the columns."""

    target: _Target | None = None
    columns: list[_Column]
