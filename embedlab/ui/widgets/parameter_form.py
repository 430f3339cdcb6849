"""The form of a model, made from its `Parameters` class alone: fields, bounds, help, what is folded away.

The number fields carry no bounds of their own: the class judges, and a refused value stays in its field beside the
reason. Values may come from the address as `?set=name:value`, as often as wanted.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import streamlit as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from embedlab.core.errors import ParameterError
from embedlab.core.kind import Counts
from embedlab.core.parameters import CheckedParameters, plain_refusal
from embedlab.core.plain import one_line
from embedlab.jobs.lineage import StartChoice
from embedlab.models.contract.base import fourth_root_rule
from embedlab.ui.shell.errors import message
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import number

_SUITED = "suited to this dataset"
#: Parameters that say how many numbers a vector has.
DIMENSION_NAMES = ("vector_size", "n_factors")
_MOST_REFUSED_LISTED = 5
_LARGEST_EXACT = 2**53 - 1
_A_ROW = 2


@dataclass(frozen=True)
class Filled:
    """What the form says now: `parameters` is None while something is refused."""

    values: Mapping[str, Any]
    parameters: Any


class HasParameters(Protocol):
    """What a form is made from: a model, or anything else with a class of parameters."""

    @property
    def name(self) -> str:
        """Tells its fields from those of others."""
        ...

    @property
    def parameters_class(self) -> type[CheckedParameters]:
        """The fields, their bounds and help."""
        ...

    def defaults(self, counts: Counts) -> CheckedParameters:
        """Return what the form starts with."""
        ...

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return settings to start from, by name."""
        ...


class ParameterForm:
    """The form of one model for one dataset.

    Parameters
    ----------
    model
        The model, or whatever else has parameters.
    counts
        Counts of the dataset, for the defaults.
    scope
        Tells the fields of several forms apart: the dataset's id.
    starts
        Returns, given the one that is chosen now, the embeddings a training can start from, and why it must not start
        from others.
    of_address
        Whether values are taken from the address, which may speak of one form of a page.
    """

    def __init__(
        self,
        model: HasParameters,
        counts: Counts,
        scope: str,
        starts: Callable[[str], Sequence[StartChoice]] = lambda _: (),
        *,
        of_address: bool = True,
    ) -> None:
        self.model = model
        self.counts = counts
        self._starts = starts
        self._of_address = of_address
        self._scope = f"parameter:{scope}:{model.name}"
        self.defaults = model.defaults(counts).model_dump(mode="json")
        self.fields = dict(model.parameters_class.model_fields)

    def key(self, name: str) -> str:
        """Return the session's key of a field."""
        return f"{self._scope}:{name}"

    def draw(self) -> Filled:
        """Draw the form; return what it says and whether that is allowed."""
        errors = self._take_over_address() if self._of_address else []
        for error in errors:
            st.error(message(error), icon=":material/link_off:")
        if errors and st.button("Go on without what the link says", key=self.key("drop-address")):
            del st.query_params["set"]
            st.rerun()
        self._draw_presets()
        values = {name: st.session_state.get(self.key(name), default) for name, default in self.defaults.items()}
        problems = problems_of(self.model.parameters_class, values)
        shown = [name for name in self.fields if not _extra(self.fields[name]).get("advanced")]
        folded = [name for name in self.fields if name not in shown]
        self._draw_grid(shown, problems)
        if folded:
            with st.expander("Advanced", expanded=any(name in problems for name in folded)):
                self._draw_grid(folded, problems)
        if problems.keys() - self.fields.keys():
            st.error("\n\n".join(plain(problem, 300) for problem in problems.values()))
        parameters = None if problems or errors else self.model.parameters_class.checked(values)
        return Filled(values, parameters)

    def _draw_grid(self, names: list[str], problems: Mapping[str, str]) -> None:
        # Row by row, so that neighbors stand in one line whatever is said below them.
        for start in range(0, len(names), _A_ROW):
            for name, column in zip(names[start : start + _A_ROW], st.columns(_A_ROW, gap="medium"), strict=False):
                with column.container(gap="xxsmall"):
                    self._draw_field(name)
                    if name in problems:
                        st.error(plain(problems[name], 300))
                    st.caption(self._said_about(name))

    def _draw_field(self, name: str) -> None:
        field, key, default = self.fields[name], self.key(name), self.defaults[name]
        st.session_state.setdefault(key, default)
        # A name of our own with an underscore inside a word: nothing that Markdown would read.
        label = name
        if choices := choices_of(field):
            st.selectbox(label, choices, key=key)
        elif _extra(field).get("embedding"):
            self._choose_embedding(label, key)
        elif isinstance(default, bool):
            st.toggle(label, key=key)
        elif isinstance(default, int) and _is_whole(field):
            st.number_input(label, step=_step(default), format="%d", key=key, value=None, help=self._bounds_of(name))
        else:
            step = 10.0 ** math.floor(math.log10(default)) if default and default > 0 else 0.1
            st.session_state[key] = None if (value := st.session_state[key]) is None else float(value)
            st.number_input(label, step=step, format="%g", key=key, value=None, help=self._bounds_of(name))

    def _choose_embedding(self, label: str, key: str) -> None:
        """Draw the embeddings of words to choose one from, or none; the vector size follows the choice."""
        chosen = str(st.session_state[key] or "")
        starts = self._starts(chosen)
        rows = {start.row.id: start.row for start in starts if not start.refusal}
        titles = unique_names(
            {row.id: f"{one_line(row.title, 60)} \u00b7 {row.vector_size} numbers" for row in rows.values()}
        )
        # A link may name one that is gone, or RUN/name: the class and the start of the training judge it.
        offered = ["", *titles] if not chosen or chosen in titles else ["", chosen, *titles]

        def follow() -> None:
            if row := rows.get(st.session_state[key]):
                st.session_state[self.key("vector_size")] = row.vector_size

        def title_of(one: str) -> str:
            return titles.get(one, one_line(one, 80)) or "random numbers"

        st.selectbox(label, offered, format_func=title_of, key=key, on_change=follow)
        _draw_refused([start for start in starts if start.refusal])

    def _bounds_of(self, name: str) -> str | None:
        bounds = [f"{word} {number(limit)}" for word, limit in _bounds(self.fields[name])]
        return plain(", ".join(bounds).capitalize(), 200) if bounds else None

    def _said_about(self, name: str) -> str:
        said = plain(self.fields[name].description or "", 600)
        values = [int(self.counts[one]) for one in ("vocabulary", "items") if one in self.counts]
        if name in DIMENSION_NAMES and values:
            said += (
                f"  \nRule of thumb: the fourth root of {number(values[0])} values, "
                f"about **{fourth_root_rule(values[0])}**. More dimensions can hold more, and overfit more easily."
            )
        return said

    def _draw_presets(self) -> None:
        presets = {_SUITED: {}, **self.model.presets()}
        if len(presets) < 2:
            return
        key = self.key("preset")

        def apply() -> None:
            for name, value in {**self.defaults, **presets.get(st.session_state[key] or _SUITED, {})}.items():
                st.session_state[self.key(name)] = value

        st.session_state.setdefault(key, _SUITED)
        st.segmented_control(
            "Settings",
            list(presets),
            format_func=lambda title: plain(f"{title[:1].upper()}{title[1:]}"),
            key=key,
            required=True,
            on_change=apply,
        )

    def _take_over_address(self) -> list[ParameterError]:
        """Put values of the address into the fields, once for each address; return what cannot be put there."""
        asked = st.query_params.get_all("set")[:50]
        taken = self.key("address")
        if st.session_state.get(taken, (None,))[0] != asked:
            values, errors = from_address(self.model.parameters_class, asked)
            for name, value in values.items():
                st.session_state[self.key(name)] = value
            st.session_state[taken] = (asked, errors)
        kept: list[ParameterError] = st.session_state[taken][1]
        return kept


def _draw_refused(starts: Sequence[StartChoice]) -> None:
    """Say which embeddings are not offered, and why."""
    if not starts:
        return
    listed = [
        f"**{plain(start.row.title, 60)}**: {plain(start.refusal, 300)}." for start in starts[:_MOST_REFUSED_LISTED]
    ]
    more = len(starts) - len(listed)
    st.caption(
        ":material/block: Not offered, since this model is judged on the test part:  \n"
        + "  \n".join([*listed, *([f"and {number(more)} more"] if more else [])])
    )


def from_address(
    parameters_class: type[CheckedParameters], asked: list[str]
) -> tuple[dict[str, Any], list[ParameterError]]:
    """Read ``name:value`` texts: the values a field can hold (in bounds or not), and errors for the rest."""
    values: dict[str, Any] = {}
    errors: list[ParameterError] = []
    for text in asked:
        name, _, given = text.partition(":")
        field = parameters_class.model_fields.get(name)
        try:
            if field is None:
                known = ", ".join(parameters_class.model_fields)
                raise ParameterError("There is no such parameter.", received=name, remedy=f"Known parameters: {known}.")
            values[name] = _converted(field, name, given)
        except ParameterError as error:
            errors.append(error)
    return values, errors


def _converted(field: FieldInfo, name: str, given: str) -> Any:
    """Return the text as the field's type; whether it is in bounds is judged later, beside the field."""
    if choices := choices_of(field):
        return _chosen(choices, name, given)
    if field.annotation is str:
        return given
    if field.annotation is bool:
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if given.lower() not in words:
            raise ParameterError(f"{name} is either true or false.", received=given)
        return words[given.lower()]
    if type(None) in typing.get_args(field.annotation) and given.lower() in {"", "none"}:
        return None
    try:
        value = int(given) if _is_whole(field) else float(given)
    except ValueError:
        kind = "a whole number" if _is_whole(field) else "a number"
        raise ParameterError(f"{name} needs {kind}.", received=given) from None
    if not math.isfinite(value) or abs(value) > _LARGEST_EXACT:
        raise ParameterError(f"{name} is out of bounds.", received=given)
    return value


def _chosen(choices: list[Any], name: str, given: str) -> Any:
    for choice in choices:
        if str(choice) == given:
            return choice
    allowed = ", ".join(map(str, choices))
    raise ParameterError(f"{name} has no such choice.", received=given, remedy=f"Choices: {allowed}.")


def problems_of(parameters_class: type[CheckedParameters], values: Mapping[str, Any]) -> dict[str, str]:
    """Return by field what is wrong with values, in a sentence; empty when all are allowed."""
    try:
        parameters_class.model_validate(dict(values))
    except ValidationError as error:
        return {
            ".".join(map(str, each["loc"])) or parameters_class.__name__: _sentence(each["msg"], each["input"])
            for each in error.errors()
        }
    return {}


def _sentence(message_text: str, received: Any) -> str:
    said = plain_refusal(message_text)
    if received is None:
        return "A value is needed here."
    return f"{said}. Received: {received}." if isinstance(received, int | float | str) else f"{said}."


def choices_of(field: FieldInfo) -> list[Any]:
    """Return the choices of a `Literal` field, or nothing."""
    annotation = field.annotation
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        annotation = next((one for one in typing.get_args(annotation) if one is not type(None)), None)
    return list(typing.get_args(annotation)) if typing.get_origin(annotation) is typing.Literal else []


def _extra(field: FieldInfo) -> Mapping[str, Any]:
    return field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}


def _is_whole(field: FieldInfo) -> bool:
    return field.annotation is int or int in typing.get_args(field.annotation)


def _step(default: int) -> int:
    return max(1, 10 ** (len(str(abs(default))) - 2)) if default >= 100 else 1


def _bounds(field: FieldInfo) -> list[tuple[str, float]]:
    words = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
    return [
        (words[name], limit)
        for rule in field.metadata
        for name in words
        if (limit := getattr(rule, name, None)) is not None
    ]
