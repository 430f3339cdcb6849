from __future__ import annotations

from typing import Literal

import pytest
from pydantic import Field
from streamlit.testing.v1 import AppTest

from embedlab.models.contract.base import Parameters
from embedlab.ui.widgets.parameter_form import choices_of, parse_url_values, problems_of


class Example(Parameters):
    vector_size: int = Field(50, ge=1, le=100, description="Numbers.")
    alpha: float = Field(0.025, gt=0, le=1, description="Rate.")
    loss: Literal["ns", "hs"] = Field("ns", description="Which.")
    biases: bool = Field(True, description="Whether.")
    strength: float | None = Field(None, ge=0, le=9, description="Empty: chosen.")


def page() -> None:

    import typing

    import streamlit as st
    from pydantic import Field

    from embedlab.models.contract.base import Parameters
    from embedlab.ui.widgets.parameter_form import ParameterForm

    class Fields(Parameters):
        vector_size: int = Field(50, ge=1, le=100, description="Numbers.")
        alpha: float = Field(0.025, gt=0, le=1, description="Rate.")
        loss: typing.Literal["ns", "hs"] = Field("ns", description="Which.")
        biases: bool = Field(True, description="Whether.")
        strength: float | None = Field(None, ge=0, le=9, description="Empty: chosen.")
        axis: str = Field("", max_length=9, description="A text.")

    class Model:
        name = "example"
        parameters_class = Fields

        def defaults(self, counts):
            return Fields()

        def presets(self):
            return {"long": {"vector_size": 90}}

    filled = ParameterForm(Model(), {"vocabulary": 10_000}, "data").draw()
    st.text(f"{filled.parameters is not None} {dict(filled.values)}")


def _run(**query: list[str]) -> AppTest:
    test = AppTest.from_function(page, default_timeout=60)
    for name, values in query.items():
        test.query_params[name] = values
    return test.run()


def _key(name: str) -> str:
    return f"parameter:data:example:{name}"


def test_the_form_starts_with_the_models_defaults() -> None:
    test = _run()
    assert not test.exception
    assert test.number_input(key=_key("vector_size")).value == 50
    assert test.selectbox(key=_key("loss")).options == ["ns", "hs"]
    assert test.toggle(key=_key("biases")).value is True
    assert test.text[0].value.startswith("True")


def test_fourth_root_rule_is_shown_for_the_dimension() -> None:
    assert any("10,000 values, about **10**" in caption.value for caption in _run().caption)


def test_value_out_of_bounds_stays_in_its_field_with_the_reason() -> None:
    test = _run(set=["vector_size:1000"])
    assert test.number_input(key=_key("vector_size")).value == 1000
    assert [error.value for error in test.error] == [r"This has to be at most 100\. Received\: 1000\."]
    assert test.text[0].value.startswith("False")
    test.number_input(key=_key("vector_size")).set_value(99).run()
    assert not test.error
    assert test.text[0].value.startswith("True")


def test_url_sets_fields_once_and_does_not_overwrite_input() -> None:
    test = _run(set=["vector_size:20", "biases:false", "loss:hs", "alpha:0.1"])
    test.number_input(key=_key("vector_size")).set_value(30).run()
    assert test.number_input(key=_key("vector_size")).value == 30
    assert test.toggle(key=_key("biases")).value is False
    assert test.selectbox(key=_key("loss")).value == "hs"


def test_a_preset_fills_the_fields() -> None:
    test = _run()
    test.button_group(key=_key("preset")).set_value("long").run()
    assert test.number_input(key=_key("vector_size")).value == 90


@pytest.mark.parametrize(
    "text", ["nothing:1", "vector_size:many", "alpha:nan", "alpha:inf", "loss:other", "biases:perhaps", "vector_size"]
)
def test_invalid_url_values_are_rejected(text: str) -> None:
    values, errors = parse_url_values(Example, [text])
    assert values == {}
    assert len(errors) == 1


def test_problems_are_listed_by_field() -> None:
    assert problems_of(Example, {"alpha": 0.0, "vector_size": None}).keys() == {"alpha", "vector_size"}
    assert problems_of(Example, {}) == {}


def test_choices_come_from_the_literal() -> None:
    assert choices_of(Example.model_fields["loss"]) == ["ns", "hs"]
    assert choices_of(Example.model_fields["alpha"]) == []


def test_optional_number_is_empty_at_first_and_can_be_set() -> None:
    test = _run()
    assert test.number_input(key=_key("strength")).value is None
    assert "'strength': None" in test.text[0].value
    assert not test.exception
    test.number_input(key=_key("strength")).set_value(2.5).run()
    assert test.text[0].value.startswith("True")
    assert "'strength': 2.5" in test.text[0].value
    # A link to the settings of a run names what was left out.
    assert parse_url_values(Example, ["strength:None", "alpha:0.5"]) == ({"strength": None, "alpha": 0.5}, [])
    assert parse_url_values(Example, ["alpha:None"])[1]


def test_texts_have_a_text_box_and_their_problems_are_shown_below_it() -> None:
    test = _run()
    assert test.text_input(key=_key("axis")).value == ""
    test.text_input(key=_key("axis")).set_value("she - he").run()
    assert test.text[0].value.startswith("True")
    assert "'axis': 'she - he'" in test.text[0].value
    test.text_input(key=_key("axis")).set_value("longer than nine").run()
    assert test.text[0].value.startswith("False")
    assert test.error
    assert _run(set=["axis:a - b"]).text_input(key=_key("axis")).value == "a - b"
