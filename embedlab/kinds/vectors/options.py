"""How a file of vectors is read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from embedlab.core.errors import InputError
from embedlab.kinds.vectors.formats import VectorsFormat
from embedlab.reading.encodings import check_encoding


def _known_encoding(name: str | None) -> str | None:
    try:
        return None if name is None else check_encoding(name)
    except InputError as error:
        raise ValueError(f"{error.what} {error.remedy}") from error


class VectorsOptions(BaseModel):
    """How a file of vectors is read; what is left out is detected from its content."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: VectorsFormat | None = Field(None, description="The format; left out: detected from the content.")
    encoding: Annotated[str | None, AfterValidator(_known_encoding)] = Field(
        None, max_length=100, description="Encoding of text and of keys; left out: detected from the content."
    )
    keys: Literal["named", "numbered"] | None = Field(
        None, description="named: a column holds the keys; numbered: rows are numbered from 0; left out: detected."
    )
    key_column: str | None = Field(
        None,
        max_length=1000,
        description="Column of the keys in a table or in the metadata, by name or 0-based number; left out: detected.",
    )
    vector_column: str | None = Field(
        None,
        max_length=1000,
        description="Column of lists of numbers in a table; left out: detected, or one column per dimension.",
    )
    array: str | None = Field(
        None, max_length=1000, description="Which array of a file that holds several (.npz, .safetensors, Keras)."
    )
    duplicates: Literal["first", "last", "mean", "refuse"] = Field(
        "first", description="When a key occurs more than once: keep the first or last vector, their mean, or refuse."
    )
    first: int | None = Field(None, ge=1, description="Read only this many vectors from the start of the file.")
    words_of: str | None = Field(
        None, max_length=200, description="Id of a text dataset: keep only vectors of its words, in any case."
    )
    member: str | None = Field(None, description="Which file of a zip archive; the largest when left out.")
