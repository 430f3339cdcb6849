"""The form for a model, generated from its `Parameters` class: fields, bounds, help, advanced section.

The number fields have no bounds of their own: the class validates, and an invalid value stays in its field with the
reason. The URL can set values with `?set=name:value`, any number of times.
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

_DEFAULTS = "defaults for this dataset"
#: Parameters that say how many numbers a vector has.
DIMENSION_NAMES = ("vector_size", "n_factors")
_MOST_REFUSED_LISTED = 5
_LARGEST_EXACT = 2**53 - 1
_A_ROW = 2


@dataclass(frozen=True)
class FormResult:
    """Current values of the form; `parameters` is None while a value is invalid."""

    values: Mapping[str, Any]
    parameters: Any


class HasParameters(Protocol):
    """A model, or anything else with a parameters class, for which a form can be drawn."""

    @property
    def name(self) -> str:
        """Part of the widget keys, unique among forms."""
        ...

    @property
    def parameters_class(self) -> type[CheckedParameters]:
        """Class with the fields, their bounds and help."""
        ...

    def defaults(self, counts: Counts) -> CheckedParameters:
        """Return the initial values."""
        ...

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return presets by name."""
        ...


class ParameterForm:
    """The form of one model for one dataset.

    Parameters
    ----------
    model
        The model, or another object with parameters.
    counts
        Counts of the dataset, for the defaults.
    scope
        Part of the widget keys: the dataset's id.
    starts
        Returns, for the current choice, the embeddings that can initialize a training, and the others with the reason
        why they cannot.
    reads_url
        Whether the URL sets values; only one form per page may do this.
    """

    def __init__(
        self,
        model: HasParameters,
        counts: Counts,
        scope: str,
        starts: Callable[[str], Sequence[StartChoice]] = lambda _: (),
        *,
        reads_url: bool = True,
    ) -> None:
        self.model = model
        self.counts = counts
        self._starts = starts
        self._reads_url = reads_url
        self._scope = f"parameter:{scope}:{model.name}"
        self.defaults = model.defaults(counts).model_dump(mode="json")
        self.fields = dict(model.parameters_class.model_fields)

    def key(self, name: str) -> str:
        """Return the session key of a field."""
        return f"{self._scope}:{name}"

    def draw(self) -> FormResult:
        """Draw the form; return its values, and the parameters if they are valid."""
        errors = self._apply_url() if self._reads_url else []
        for error in errors:
            st.error(message(error), icon=":material/link_off:")
        if errors and st.button("Ignore the values in the link", key=self.key("drop-address")):
            del st.query_params["set"]
            st.rerun()
        self._draw_presets()
        values = {name: st.session_state.get(self.key(name), default) for name, default in self.defaults.items()}
        problems = problems_of(self.model.parameters_class, values)
        shown = self.model.parameters_class.main_fields()
        advanced = [name for name in self.fields if name not in shown]
        self._draw_grid(shown, problems)
        if advanced:
            is_open = self._must_open(advanced, problems)
            with st.expander("Advanced", icon=":material/tune:", expanded=is_open, key=self.key("advanced-fields")):
                self._draw_grid(advanced, problems)
        if problems.keys() - self.fields.keys():
            st.error("\n\n".join(plain(problem, 300) for problem in problems.values()))
        parameters = None if problems or errors else self.model.parameters_class.checked(values)
        return FormResult(values, parameters)

    def _must_open(self, names: Sequence[str], problems: Mapping[str, str]) -> bool:
        """Return whether advanced fields need attention: a problem, or a value from the URL."""
        from_url = {text.partition(":")[0] for text in st.query_params.get_all("set")} if self._reads_url else set()
        changed = (name for name in names if st.session_state.get(self.key(name)) != self.defaults[name])
        return any(name in problems for name in names) or any(name in from_url for name in changed)

    def _draw_grid(self, names: Sequence[str], problems: Mapping[str, str]) -> None:
        # Row by row, so that fields in a row are aligned whatever the length of the text below them.
        for start in range(0, len(names), _A_ROW):
            for name, column in zip(names[start : start + _A_ROW], st.columns(_A_ROW, gap="medium"), strict=False):
                with column.container(gap="xxsmall"):
                    self._draw_field(name)
                    if name in problems:
                        st.error(plain(problems[name], 300))
                    st.caption(self._description(name))

    def _draw_field(self, name: str) -> None:
        field, key, default = self.fields[name], self.key(name), self.defaults[name]
        st.session_state.setdefault(key, default)
        label = titled(self.model.parameters_class, name)
        if choices := choices_of(field):
            st.selectbox(label, choices, key=key)
        elif _extra(field).get("embedding"):
            self._choose_embedding(label, key)
        elif isinstance(default, str):
            # No max_chars, which would show a character counter; the parameters check the length.
            st.text_input(label, key=key)
        elif isinstance(default, bool):
            st.toggle(label, key=key)
        elif isinstance(default, int) and _is_whole(field):
            st.number_input(label, step=_step(default), format="%d", key=key, value=None, help=self._bounds_of(name))
        else:
            step = 10.0 ** math.floor(math.log10(default)) if default and default > 0 else 0.1
            st.session_state[key] = None if (value := st.session_state[key]) is None else float(value)
            st.number_input(label, step=step, format="%g", key=key, value=None, help=self._bounds_of(name))

    def _choose_embedding(self, label: str, key: str) -> None:
        """Draw the choice of initial word embedding; it also sets the vector size, if that must be the same."""
        chosen = str(st.session_state[key] or "")
        starts = self._starts(chosen)
        rows = {start.row.id: start.row for start in starts if not start.refusal}
        titles = unique_names(
            {row.id: f"{one_line(row.title, 60)} \u00b7 {row.vector_size} dimensions" for row in rows.values()}
        )
        # A link may name a deleted embedding, or RUN/name; the class and the training job validate it.
        offered = ["", *titles] if not chosen or chosen in titles else ["", chosen, *titles]

        def follow() -> None:
            if (row := rows.get(st.session_state[key])) and (
                name := getattr(self.model.parameters_class, "start_size", "")
            ):
                st.session_state[self.key(name)] = row.vector_size

        def title_of(one: str) -> str:
            return titles.get(one, one_line(one, 80)) or "random numbers"

        st.selectbox(label, offered, format_func=title_of, key=key, on_change=follow)
        _draw_refused([start for start in starts if start.refusal])

    def _bounds_of(self, name: str) -> str | None:
        bounds = [f"{word} {number(limit)}" for word, limit in _bounds(self.fields[name])]
        return plain(", ".join(bounds).capitalize(), 200) if bounds else None

    def _description(self, name: str) -> str:
        text = plain(self.fields[name].description or "", 600)
        values = [int(self.counts[one]) for one in ("vocabulary", "items", "values") if one in self.counts]
        if name in DIMENSION_NAMES and values:
            text += (
                f"  \nRule of thumb: the fourth root of {number(values[0])} values, "
                f"about **{fourth_root_rule(values[0])}**. More dimensions can hold more, and may overfit."
            )
        return text

    def _draw_presets(self) -> None:
        presets = {_DEFAULTS: {}, **self.model.presets()}
        if len(presets) < 2:
            return
        key = self.key("preset")

        def apply() -> None:
            for name, value in {**self.defaults, **presets.get(st.session_state[key] or _DEFAULTS, {})}.items():
                st.session_state[self.key(name)] = value

        st.session_state.setdefault(key, _DEFAULTS)
        st.segmented_control(
            "Settings",
            list(presets),
            format_func=lambda title: plain(f"{title[:1].upper()}{title[1:]}"),
            key=key,
            required=True,
            on_change=apply,
        )

    def _apply_url(self) -> list[ParameterError]:
        """Copy values from the URL into the fields, once per URL; return errors for invalid ones."""
        texts = st.query_params.get_all("set")[:50]
        slot = self.key("address")
        if st.session_state.get(slot, (None,))[0] != texts:
            values, errors = parse_url_values(self.model.parameters_class, texts)
            for name, value in values.items():
                st.session_state[self.key(name)] = value
            st.session_state[slot] = (texts, errors)
        stored: list[ParameterError] = st.session_state[slot][1]
        return stored


def titled(parameters_class: type[CheckedParameters], name: str) -> str:
    """Return the title of a parameter and its name in code, as Markdown; app.css makes the code small."""
    # Names of fields contain nothing that Markdown would interpret.
    return f"{plain(parameters_class.title_of(name))} `{name}`"


def _draw_refused(starts: Sequence[StartChoice]) -> None:
    """Draw which embeddings are not offered, and why."""
    if not starts:
        return
    listed = [
        f"**{plain(start.row.title, 60)}**: {plain(start.refusal, 300)}." for start in starts[:_MOST_REFUSED_LISTED]
    ]
    more = len(starts) - len(listed)
    st.caption(
        ":material/block: Not offered, because this model is scored on the test part:  \n"
        + "  \n".join([*listed, *([f"and {number(more)} more"] if more else [])])
    )


def parse_url_values(
    parameters_class: type[CheckedParameters], texts: list[str]
) -> tuple[dict[str, Any], list[ParameterError]]:
    """Parse ``name:value`` texts: values that a field can hold (in bounds or not), and errors for the rest."""
    values: dict[str, Any] = {}
    errors: list[ParameterError] = []
    for text in texts:
        name, _, value_text = text.partition(":")
        field = parameters_class.model_fields.get(name)
        try:
            if field is None:
                known = ", ".join(parameters_class.model_fields)
                raise ParameterError("There is no such parameter.", received=name, remedy=f"Known parameters: {known}.")
            values[name] = _converted(field, name, value_text)
        except ParameterError as error:
            errors.append(error)
    return values, errors


def _converted(field: FieldInfo, name: str, text: str) -> Any:
    """Convert the text to the field's type; bounds are checked later, next to the field."""
    if choices := choices_of(field):
        return _chosen(choices, name, text)
    if field.annotation is str:
        return text
    if field.annotation is bool:
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if text.lower() not in words:
            raise ParameterError(f"{name} is either true or false.", received=text)
        return words[text.lower()]
    if type(None) in typing.get_args(field.annotation) and text.lower() in {"", "none"}:
        return None
    try:
        value = int(text) if _is_whole(field) else float(text)
    except ValueError:
        kind = "a whole number" if _is_whole(field) else "a number"
        raise ParameterError(f"{name} needs {kind}.", received=text) from None
    if not math.isfinite(value) or abs(value) > _LARGEST_EXACT:
        raise ParameterError(f"{name} is out of bounds.", received=text)
    return value


def _chosen(choices: list[Any], name: str, text: str) -> Any:
    for choice in choices:
        if str(choice) == text:
            return choice
    allowed = ", ".join(map(str, choices))
    raise ParameterError(f"{name} has no such choice.", received=text, remedy=f"Choices: {allowed}.")


def problems_of(parameters_class: type[CheckedParameters], values: Mapping[str, Any]) -> dict[str, str]:
    """Return a sentence for each field with an invalid value; empty if all are valid."""
    try:
        parameters_class.model_validate(dict(values))
    except ValidationError as error:
        return {
            ".".join(map(str, each["loc"])) or parameters_class.__name__: _sentence(each["msg"], each["input"])
            for each in error.errors()
        }
    return {}


def _sentence(message_text: str, received: Any) -> str:
    problem = plain_refusal(message_text)
    if received is None:
        return "A value is required."
    return f"{problem}. Received: {received}." if isinstance(received, int | float | str) else f"{problem}."


def choices_of(field: FieldInfo) -> list[Any]:
    """Return the choices of a `Literal` field, or an empty list."""
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
