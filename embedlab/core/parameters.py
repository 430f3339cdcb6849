"""Typed settings that untrusted values are read into, and what is refused in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from embedlab.core.errors import ParameterError

_PLAIN_WORDS = {
    ", unable to parse string as an integer": "",
    ", unable to parse string as a number": "",
    ", got a number with a fractional part": "",
    "a valid integer": "a whole number",
    "a valid number": "a number",
    "Input should be": "This has to be",
    "greater than or equal to": "at least",
    "less than or equal to": "at most",
    "greater than": "above",
    "less than": "below",
}


def plain_refusal(message: str) -> str:
    """Return what pydantic says of a refused value in the words of the pages, without its full stop.

    Examples
    --------
    >>> plain_refusal("Input should be less than or equal to 2000")
    'This has to be at most 2000'
    """
    said = message.removeprefix("Value error, ").rstrip(".")
    for theirs, ours in _PLAIN_WORDS.items():
        said = said.replace(theirs, ours)
    return said


class CheckedParameters(BaseModel):
    """Typed parameters: each field has bounds and one line of help (`description`).

    `json_schema_extra={"advanced": True}` on a field folds it away on the form; `{"log": True}` marks a field whose
    useful values spread over orders of magnitude.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Self:
        """Build the parameters from untrusted values (texts from flags and addresses are converted).

        Raises
        ------
        ParameterError
            Names the first unknown, mistyped or out-of-bounds parameter and what is allowed.
        """
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            first = error.errors()[0]
            name = ".".join(str(part) for part in first["loc"]) or cls.__name__
            if first["type"] == "extra_forbidden":
                known = ", ".join(cls.model_fields)
                remedy = f"Known parameters: {known}." if known else "Leave it out: there are no parameters."
                raise ParameterError(
                    f"There is no parameter {name}.", received=first["input"], remedy=remedy
                ) from error
            raise ParameterError(f"{name}: {plain_refusal(first['msg'])}.", received=first["input"]) from error
