"""Validation of the parts of a backup's JSON that pages read; other parts of the JSON are kept.

The values are not changed, because older versions omit what they do not know.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_MAX_DEPTH = 12
_INVALID_CHARACTERS = {"\0", *map(chr, range(0xD800, 0xE000))}


def storable(text: str) -> str:
    """Return a text that every database can store; otherwise raise `ValueError`."""
    if not _INVALID_CHARACTERS.isdisjoint(text):
        raise ValueError("a character that no database can store")
    return text


def plain_json(value: Any, depth: int = 0) -> Any:
    """Return a JSON value that every database can store (finite, no NUL, not too deep), or raise `ValueError`."""
    if depth > _MAX_DEPTH:
        raise ValueError("too deep")
    if isinstance(value, dict):
        for name, each in value.items():
            storable(name)
            plain_json(each, depth + 1)
    elif isinstance(value, list):
        for each in value:
            plain_json(each, depth + 1)
    elif isinstance(value, str):
        storable(value)
    elif isinstance(value, int | float) and not (math.isfinite(value) and abs(value) <= 1e300):
        raise ValueError("not a finite number")
    return value


Text = Annotated[str, Field(max_length=20_000), AfterValidator(storable)]
Number = Annotated[int | float, AfterValidator(plain_json)]
_Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
_Share = Annotated[int | float, Field(ge=0.0, le=1.0)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True, allow_inf_nan=False)


class _Label(_Part):
    label: Text
    documents: Number
    share: Number


class _ImageLabel(_Part):
    label: Text
    images: Number


class _Labels(_Part):
    different: int
    most_frequent: list[_Label] | list[_ImageLabel]


class _Phrases(_Part):
    found: int
    occurrences: int
    most_frequent: list[Annotated[tuple[Text, Number], Field(strict=False)]]


class _Details(_Part):
    density: Number | None = None
    labels: _Labels | None = None
    phrases: _Phrases | None = None
    scale: Annotated[tuple[Number, Number], Field(strict=False)] | None = None


class _Parameters(_Part):
    seed: int | None = None


class _Isolated(_Part):
    n_points: _Count
    steps: list[Text] = Field(default_factory=list)


class _Quality(_Part):
    knn_recall_10: _Share | None = None
    knn_recall_50: _Share | None = None
    trustworthiness: _Share | None = None
    continuity: _Share | None = None
    distance_spearman: Number | None = None
    stress: Number | None = None
    axes: list[Text] | None = None
    sampled: _Count | None = None
    n_points: _Count | None = None
    left_out: _Count | None = None
    explained_variance_ratio: list[Number] | None = None
    variance_shares: Annotated[list[Number], Field(max_length=1000)] | None = None
    # The widgets of the page choose among them.
    components: Annotated[list[Annotated[int, Field(ge=1, le=10**6)]], Field(max_length=3)] | None = None
    random: dict[Text, Number] | None = None
    isolated: _Isolated | None = None
    not_computed: dict[Text, Text] = Field(default_factory=dict)


class _Section(_Part):
    name: Text
    covered: _Count
    # None if no question of the section could be evaluated.
    score: _Share | None = None


class _Analogies(_Part):
    sections: list[_Section] = Field(default_factory=list)


class _Result(_Part):
    check: Text
    passed: bool | None
    said: Text


class _Checks(_Part):
    passed: _Count = 0
    covered: _Count = 0
    results: list[_Result] = Field(default_factory=list)


class _Confusion(_Part):
    classes: list[Text] = Field(default_factory=list)
    counts: list[list[_Count]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _square(self) -> Self:
        if {len(self.counts), *map(len, self.counts)} - {len(self.classes)}:
            raise ValueError("not a row and a column for each class")
        return self


class _ChangedScore(_Part):
    value: Number
    low: Number | None = None
    high: Number | None = None


class _UseOfModel(_Part):
    one_hot: Number
    vectors: Number
    difference: _ChangedScore


class _FeatureUse(_Part):
    score: Text
    columns: list[Text]
    n_known: _Count
    n_test: _Count
    knn: _UseOfModel
    linear: _UseOfModel


_Point2D = Annotated[tuple[Number, Number], Field(strict=False)]


class _PlacedKey(_Part):
    key: Text
    place: _Point2D
    learned: _Point2D
    color: Number


class _Places(_Part):
    columns: list[Text]
    points: Annotated[list[_PlacedKey], Field(max_length=10_000)]
    color: Text = ""
    r2: Number
    chance: Number
    p: Number


class _Scores(_Part):
    analogies: _Analogies | None = None
    checks: _Checks | None = None
    confusion: _Confusion | None = None
    feature_use: _FeatureUse | None = None
    places: dict[Text, _Places] | None = None


def details(value: dict[str, Any]) -> dict[str, Any]:
    """Return the details of a dataset if pages can read them; otherwise raise `ValueError`."""
    _Details.model_validate(value)
    return value


def parameters(value: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a run if their seed is valid; otherwise raise `ValueError`."""
    _Parameters.model_validate(value)
    return value


def quality(value: dict[str, Any]) -> dict[str, Any]:
    """Return the quality of a map if pages can read it; otherwise raise `ValueError`."""
    _Quality.model_validate(value)
    return value


def scores(value: dict[str, Any]) -> dict[str, Any]:
    """Return the scores of a run if pages can read them; otherwise raise `ValueError`."""
    _Scores.model_validate(value)
    _check_nested(value)
    if any(name.startswith("n_") and not _is_number(each) for name, each in value.items()):
        raise ValueError("not a number of cases")
    for section in (value.get("analogies") or {}).get("sections", []):
        if section["covered"] and section.get("score") is None:
            raise ValueError("a section without a score")
    return value


def _check_nested(value: dict[str, Any]) -> None:
    for name, each in value.items():
        if name == "interval" and each is not None and not isinstance(each, dict):
            fits = isinstance(each, list) and len(each) == 2 and all(_is_number_or_none(bound) for bound in each)
            if not fits:
                raise ValueError("not an interval")
        if name == "results":
            rows = each if isinstance(each, list) else [each]
            if not all(isinstance(row, dict) for row in rows):
                raise ValueError("not results")
        if isinstance(each, dict):
            _check_nested(each)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_number_or_none(value: Any) -> bool:
    return value is None or _is_number(value)
