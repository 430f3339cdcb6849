"""What pages read of the stored details of datasets, so that those of an untrusted backup can be checked.

Each kind with details of its own has a subclass; other values are kept unseen. What earlier versions did not write may
be missing, unless the kind is younger than that.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Number = Annotated[int | float, Field(ge=-1e300, le=1e300)]
Share = Annotated[int | float, Field(ge=0.0, le=1.0)]


class StoredPart(BaseModel):
    """A part of stored JSON; what is not declared is allowed."""

    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class _Companion(StoredPart):
    file: str
    title: str = ""
    summary: str = ""


class _Read(StoredPart):
    """As `reading_report.ReadAs`."""

    assumptions: list[str] = Field(default_factory=list)
    columns: dict[str, list[str]] = Field(default_factory=dict)
    companions: list[_Companion] = Field(default_factory=list)


class StoredDetails(StoredPart):
    """What all kinds may store: how the file was read."""

    read: _Read = Field(default_factory=_Read)
