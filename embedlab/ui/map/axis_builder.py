"""Help with writing axes: examples, and the difference of two groups of keys or named selections."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import InputError, NotFoundError, StorageError, TooLargeError
from embedlab.core.plain import one_line
from embedlab.exploration.asking.axis_examples import axis_examples, name_in_formula
from embedlab.exploration.asking.search import search_index
from embedlab.exploration.asking.spelling import closest_spellings, unknown
from embedlab.exploration.selections.encoding import from_text
from embedlab.projections.axis_expressions import LONGEST_EXPRESSION, difference
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import show
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.keys.key_search import LONGEST_TEXT, find
from embedlab.ui.widgets.keys.keys_box import parts
from embedlab.ui.widgets.parameter_form import ParameterForm
from embedlab.workspace import selections
from embedlab.workspace.rows import EmbeddingRow

#: Prefix of the options that are named selections; no key from a text begins with it.
_SELECTION = "\x1f"
#: A widget sends all its options to the browser.
_MOST_OPTIONS = 500
#: A mean of more keys changes little, and would not fit a formula.
MOST_IN_GROUP = 200


def axis_fields(form: ParameterForm) -> list[str]:
    """Return the names of the fields that hold an axis expression."""
    return [
        name
        for name, field in form.fields.items()
        if isinstance(field.json_schema_extra, dict) and field.json_schema_extra.get("axis")
    ]


def draw_groups(row: EmbeddingRow, form: ParameterForm) -> None:
    """Draw the choice of two groups, if the form has fields for axes."""
    if fields := axis_fields(form):
        with st.expander("Axis from two groups", icon=":material/compare_arrows:", key="expander-axis-groups"):
            _two_groups(row, resources.load_embedding(row.id), form, fields)


def draw_examples(row: EmbeddingRow, form: ParameterForm) -> None:
    """Draw example axes of this vocabulary, if the form has fields for axes."""
    fields = axis_fields(form)
    if not fields:
        return
    embedding = resources.load_embedding(row.id)
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.markdown(":small[Try these:]", width="content")
        for number, text in enumerate(axis_examples(embedding)):
            st.button(plain(text, 60), key=f"map:axis-example-{number}", on_click=_fill, args=(form, fields, text))


def _fill(form: ParameterForm, fields: Sequence[str], text: str) -> None:
    """Write an example into the first empty field of the first two, else into the first."""
    values = {name: st.session_state.get(form.key(name), "") for name in fields[:2]}
    name = next((name for name, value in values.items() if not str(value or "").strip()), fields[0])
    st.session_state[form.key(name)] = text


def _two_groups(row: EmbeddingRow, embedding: Embedding, form: ParameterForm, fields: Sequence[str]) -> None:
    named = _named_selections(row)
    groups = []
    for end, label in (("low", "From"), ("high", "To")):
        chosen = _group_box(embedding, named, f"map:axis-{end}-{row.id}", label)
        try:
            groups.append(group_keys(embedding, chosen, named))
        except InputError as error:
            show(error)
            return
    low, high = groups
    if not high:
        st.caption("Type keys, or choose a named selection. Each group is the mean of its keys.")
        return
    expression = difference(*([name_in_formula(embedding, key) for key in keys] for keys in (low, high)))
    if len(expression) > LONGEST_EXPRESSION:
        show(
            TooLargeError(
                f"An axis may have at most {LONGEST_EXPRESSION:,} characters.",
                received=f"{len(expression):,} characters",
                remedy="Use smaller groups.",
            )
        )
        return
    st.caption(f"`{one_line(expression, 120).replace('`', ' ')}`")
    with st.container(horizontal=True, gap="xsmall"):
        for name in fields:
            title = form.model.parameters_class.title_of(name)
            st.button(
                f"Use as {plain(title)}",
                key=f"map:axis-use-{name}",
                on_click=_use,
                args=(form.key(name), expression),
            )


def _use(field: str, expression: str) -> None:
    st.session_state[field] = expression


def _named_selections(row: EmbeddingRow) -> dict[str, tuple[int, ...]]:
    try:
        stored = selections.named_selections(resources.workspace(), row.id)
    except StorageError as error:
        show(error)
        return {}
    decoded = {name: from_text(text, row.n_keys, name) for name, text in stored.items()}
    return {name: tuple(each.rows.tolist()) for name, each in decoded.items() if each is not None and each.count}


def _group_box(embedding: Embedding, named: dict[str, tuple[int, ...]], slot: str, label: str) -> list[str]:
    titles = {_SELECTION + name: f"Selection: {one_line(name, 40)} ({len(rows):,})" for name, rows in named.items()}
    # As in other boxes: plain words are not suggested, since Enter would choose a suggestion instead of the typed word.
    offered = embedding.keys[:_MOST_OPTIONS] if search_index(embedding).has_labels else ()
    titles |= unique_names({key: one_line(embedding.label(key), LONGEST_TEXT) for key in offered})
    return st.multiselect(
        label,
        list(titles),
        format_func=lambda option: titles.get(option, option),
        key=slot,
        accept_new_options=True,
        filter_mode="contains",
        select_all=False,
        placeholder="Type one and press Enter",
    )


def group_keys(embedding: Embedding, chosen: Sequence[str], named: dict[str, tuple[int, ...]]) -> list[str]:
    """Return the keys of a group, each once.

    Parameters
    ----------
    chosen
        Keys, typed names (several with commas between), and named selections with their prefix.
    named
        The rows of each named selection.

    Raises
    ------
    NotFoundError
        A name is not in the vocabulary, or several keys have it.
    TooLargeError
        There are more than `MOST_IN_GROUP` keys.
    """
    keys: list[str] = []
    for value in chosen:
        if value.startswith(_SELECTION):
            keys += [embedding.keys[at] for at in named.get(value.removeprefix(_SELECTION), ())]
        else:
            keys += [_key(embedding, text) for text in parts(embedding, value)]
    unique = list(dict.fromkeys(keys))
    if len(unique) > MOST_IN_GROUP:
        raise TooLargeError(
            f"A group of an axis may have at most {MOST_IN_GROUP} keys.",
            received=f"{len(unique):,} keys",
            remedy="Choose a smaller selection.",
        )
    return unique


def _key(embedding: Embedding, text: str) -> str:
    if text in embedding.key_to_index:
        return text
    finding = find(embedding, text)
    if finding.key is not None:
        return finding.key
    if finding.is_ambiguous:
        keys = ", ".join(offer.key for offer in finding.offers)
        raise NotFoundError("Several keys have this name.", received=text, remedy=f"Type the key: {keys}.")
    raise unknown("The key is not in the vocabulary.", text, closest_spellings(embedding, text))
