"""A kind that this version does not know: its datasets can still be listed, renamed, and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import BaseModel

from embedlab.core.errors import InputError
from embedlab.kinds.base import DatasetKind, Noun


class UnknownKind(DatasetKind[BaseModel]):
    """Placeholder for a kind that is not in the registry: from another version, or from a missing extension."""

    title = "Unknown kind"
    summary = "Data of a kind that this version of EmbedLab does not know."
    nouns: ClassVar[Mapping[str, Noun]] = {}
    files = r"(?!)"

    def __init__(self, name: str) -> None:
        self.name = name  # type: ignore[misc]

    @property
    def options_class(self) -> type[BaseModel]:
        """Options without known fields."""
        return BaseModel

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ARG002
        raise InputError(
            "This version of EmbedLab does not know this kind of data.",
            received=self.name,
            remedy="Use the version that imported it.",
        )

    sniff = guess_options = preview = build = open = _refuse
