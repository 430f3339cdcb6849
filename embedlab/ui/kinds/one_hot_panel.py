"""What an embedding is, using the user's data: a value, its index, its one-hot row, its row in the table."""

from __future__ import annotations

import html

import streamlit as st

from embedlab.core.errors import NotFoundError
from embedlab.core.plain import one_line
from embedlab.kinds.base import Values
from embedlab.kinds.one_hot import OneHotSteps, one_hot_steps
from embedlab.kinds.registry import kind as kind_of
from embedlab.ui.shell import resources
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import number, size

OFFERED = 200
_SHOWN_COLUMNS = 8
_STYLE = """
<style>
.steps { display: flex; flex-wrap: wrap; align-items: stretch; gap: .5rem 1.1rem; margin: .2rem 0 .4rem; }
.steps > div { display: flex; flex-direction: column; gap: .35rem; }
.steps small { opacity: .72; font-size: .8rem; }
.steps .cells { display: flex; align-items: flex-end; gap: 2px; }
.steps .cell { min-width: 1.75rem; padding: .15rem .3rem; text-align: center; border-radius: 4px;
  border: 1px solid color-mix(in srgb, currentColor 22%, transparent); font-variant-numeric: tabular-nums;
  font-size: .85rem; }
.steps .on { background: #0072b2; color: #fff; border-color: #0072b2; font-weight: 650; }
.steps .row { background: color-mix(in srgb, #e08a00 26%, transparent); border-color: #e08a00; }
.steps .gap { padding: 0 .35rem; opacity: .72; font-size: .8rem; align-self: center; white-space: nowrap; }
.steps .arrow { justify-content: flex-end; padding-bottom: .2rem; opacity: .6; }
</style>
"""


def values_of(dataset_id: str, min_count: int) -> Values:
    """Return the values of a dataset that can be one-hot encoded; words must occur at least `min_count` times."""
    return resources.open_cached("values", f"{dataset_id}:{min_count}", lambda: _values_of(dataset_id, min_count))


def _values_of(dataset_id: str, min_count: int) -> Values:
    workspace = resources.workspace()
    return kind_of(workspace.dataset(dataset_id).kind).one_hot(workspace.open_dataset(dataset_id), min_count)


def draw(dataset_id: str, output_dim: int, min_count: int = 1) -> None:
    """Draw the panel for a dataset and an embedding of `output_dim` columns."""
    values = values_of(dataset_id, min_count)
    if not values.keys:
        st.caption(f"None of the {values.noun} occurs often enough to learn a vector.")
        return
    offered = values.keys[:OFFERED]
    # If values have labels, users do not know their keys.
    can_type = not values.labels
    titles = unique_names({key: one_line(values.labels.get(key, key), 60) for key in offered})
    value = st.selectbox(
        "Value from your data",
        offered,
        index=min(len(offered) - 1, 40),
        format_func=lambda key: titles.get(str(key), str(key)),
        accept_new_options=can_type,
        key=f"one-hot:{dataset_id}",
        help="You can type any other value." if can_type else None,
        width=320,
    )
    try:
        steps = one_hot_steps(values.keys, str(value), output_dim)
    except NotFoundError:
        st.info(f"“{plain(value, 60)}” is not among the {number(len(values.keys))} {values.noun}.")
        return
    label = values.labels.get(steps.value, steps.value)
    st.html(_STYLE + markup(steps, label))
    rows = number(steps.input_dim)
    square, table = f"{rows} \u00d7 {rows}", f"{rows} \u00d7 {number(steps.output_dim)}"
    st.markdown(
        f"**All one-hot rows:** {square} = {number(steps.one_hot_numbers)} numbers, "
        f"{size(steps.one_hot_size_mb * 1e6)}. Every row is equally far from every other.  \n"
        f"**The embedding:** {table} = {number(steps.table_numbers)} numbers, {size(steps.table_size_mb * 1e6)}: "
        f"{number(round(steps.times_smaller))} times fewer. Nearby rows are similar."
    )


def markup(steps: OneHotSteps, label: str) -> str:
    """Return the four steps as HTML; all data is escaped."""
    return (
        '<div class="steps">'
        f"{_step('value', _cell(html.escape(one_line(label, 40))))}{_ARROW}"
        f"{_step('index', _cell(f'{steps.index:,}'))}{_ARROW}"
        f"{_step(f'one-hot row: {steps.input_dim:,} numbers, a single 1', _one_hot_cells(steps))}{_ARROW}"
        f"{_step(f'row {steps.index:,} of the learned table with {steps.output_dim} columns', _row_cells(steps))}"
        "</div>"
    )


_ARROW = '<div class="arrow" aria-hidden="true">→</div>'


def _step(title: str, cells: str) -> str:
    return f'<div><small>{title}</small><div class="cells">{cells}</div></div>'


def _cell(content: str, kind: str = "") -> str:
    return f'<span class="cell {kind}">{content}</span>'


def _one_hot_cells(steps: OneHotSteps) -> str:
    before = steps.window_start
    after = steps.input_dim - steps.window_start - len(steps.window)
    bits = "".join(_cell(str(bit), "on" if bit else "") for bit in steps.window_bits)
    return f"{_zeros(before)}{bits}{_zeros(after)}"


def _zeros(n: int) -> str:
    return f'<span class="gap">{n:,} zeros</span>' if n else ""


def _row_cells(steps: OneHotSteps) -> str:
    shown = min(steps.output_dim, _SHOWN_COLUMNS)
    cells = "".join(_cell("·", "row") for _ in range(shown))
    rest = steps.output_dim - shown
    return cells + (f'<span class="gap">and {rest:,} more</span>' if rest else "")
