"""Titles of parameters, and which of them a form shows first."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from pydantic import Field

from embedlab.core.parameters import MOST_MAIN, CheckedParameters
from embedlab.models.registry import MODELS
from embedlab.projections.registry import METHODS

CLASSES = {each.name: each.parameters_class for each in (*MODELS.values(), *METHODS.values())}


class Plain(CheckedParameters):
    hidden: int = Field(1, json_schema_extra={"advanced": True})
    first_one: int = 1
    named: int = Field(1, title="A name")
    third: int = 1
    fourth: int = 1


class Chosen(Plain):
    main: ClassVar[tuple[str, ...]] = ("fourth", "hidden")


def test_the_first_fields_that_are_not_advanced_are_shown_first() -> None:
    assert Plain.main_fields() == ("first_one", "named", "third")
    assert Chosen.main_fields() == ("fourth", "hidden")


def test_a_field_without_a_title_is_spelled_out() -> None:
    assert Plain.title_of("named") == "A name"
    assert Plain.title_of("first_one") == "First one"
    assert Plain.title_of("of_an_earlier_version") == "Of an earlier version"


@pytest.mark.parametrize("name", CLASSES)
def test_every_parameter_has_a_title_of_its_own(name: str) -> None:
    fields: dict[str, Any] = CLASSES[name].model_fields
    titles = [field.title for field in fields.values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)
    assert set(CLASSES[name].main_fields()) <= set(fields)
    assert len(CLASSES[name].main_fields()) <= MOST_MAIN
