"""Typed settings that validate untrusted values, with error messages in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

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


#: More fields at once hide those that matter.
MOST_MAIN = 3


def spelled_out(name: str) -> str:
    """Return the name of a parameter as words.

    Examples
    --------
    >>> spelled_out("learning_rate")
    'Learning rate'
    """
    return name.replace("_", " ").capitalize()


def plain_refusal(message: str) -> str:
    """Return a pydantic error message in plain words, without its full stop.

    Examples
    --------
    >>> plain_refusal("Input should be less than or equal to 2000")
    'This has to be at most 2000'
    """
    plain = message.removeprefix("Value error, ").rstrip(".")
    for technical, replacement in _PLAIN_WORDS.items():
        plain = plain.replace(technical, replacement)
    return plain


class CheckedParameters(BaseModel):
    """Typed parameters: each field has a name for people (`title`), bounds and one line of help (`description`).

    `json_schema_extra={"advanced": True}` on a field hides it under the advanced settings of a form; `{"log": True}`
    marks a field whose useful values span orders of magnitude.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    #: The fields that a form shows first, at most `MOST_MAIN`; empty: the first fields that are not advanced.
    main: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def main_fields(cls) -> tuple[str, ...]:
        """Return the names of the fields that a form shows first; all others are advanced."""
        usual = [name for name, field in cls.model_fields.items() if not _is_advanced(field)]
        return (cls.main or tuple(usual))[:MOST_MAIN]

    @classmethod
    def title_of(cls, name: str) -> str:
        """Return the title of a field; a name without a title, or of an earlier version, is spelled out."""
        field = cls.model_fields.get(name)
        return (field.title if field is not None else None) or spelled_out(name)

    @classmethod
    def checked(cls, values: Mapping[str, Any]) -> Self:
        """Build the parameters from untrusted values (strings from flags and addresses are converted).

        Raises
        ------
        ParameterError
            A parameter is unknown, has the wrong type or is out of bounds; the error names the first one.
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


def _is_advanced(field: FieldInfo) -> bool:
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("advanced"))
