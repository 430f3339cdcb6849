"""The form for a kind's options, generated from the options class."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from typing import Any, TypeVar

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.parameter_form import choices_of

OptionsT = TypeVar("OptionsT", bound=BaseModel)

_N_COLUMNS = 3
_NONE = "\u2013"


def draw(fields: Fields, scope: str, options_class: type[OptionsT], values: Mapping[str, Any]) -> OptionsT:
    """Draw a field for each option that is a choice, a boolean, a number or a text; return the options.

    Parameters
    ----------
    scope
        Prefix of the widget keys, different for each kind.
    options_class
        Validates the values.
    values
        Initial values of the fields, as JSON; options of other types keep these values.

    Raises
    ------
    ValidationError
        A value is invalid.
    """
    chosen = dict(values)
    shown = [name for name, field in options_class.model_fields.items() if _is_drawn(field)]
    for start in range(0, len(shown), _N_COLUMNS):
        for name, column in zip(shown[start : start + _N_COLUMNS], st.columns(_N_COLUMNS, gap="medium"), strict=False):
            with column:
                field = options_class.model_fields[name]
                chosen[name] = _draw_field(fields, f"{scope}:{name}", name, field, values.get(name))
    return options_class.model_validate(chosen)


def _draw_field(fields: Fields, key_name: str, name: str, field: FieldInfo, value: Any) -> Any:
    label = name.replace("_", " ").capitalize()
    help_text = plain(field.description or "", 600) or None
    if choices := choices_of(field):
        offered = [*([_NONE] if _may_be_none(field) else []), *choices]
        chosen = fields.choose(label, key_name, offered, _NONE if value is None else value, help=help_text)
        return None if chosen == _NONE else chosen
    if bool in _types(field):
        return st.toggle(label, key=fields.key(key_name, bool(value)), help=help_text)
    if float in _types(field):
        key = fields.key(key_name, None if value is None else float(value))
        return st.number_input(label, value=None, format="%g", key=key, help=help_text)
    if int in _types(field):
        return st.number_input(label, value=None, step=1, format="%d", key=fields.key(key_name, value), help=help_text)
    text = st.text_input(label, key=fields.key(key_name, value or ""), help=help_text)
    return None if not text and _may_be_none(field) else text


def _types(field: FieldInfo) -> tuple[Any, ...]:
    if typing.get_origin(field.annotation) in (typing.Union, types.UnionType):
        return typing.get_args(field.annotation)
    return (field.annotation,)


def _may_be_none(field: FieldInfo) -> bool:
    return type(None) in _types(field)


def _is_drawn(field: FieldInfo) -> bool:
    return bool(choices_of(field)) or bool({str, int, float, bool} & set(_types(field)))
