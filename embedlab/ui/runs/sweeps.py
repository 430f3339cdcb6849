"""Parameter sweeps: start one, cancel it, and plot the score over the number of dimensions."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from embedlab.evaluation.score import Part, Score
from embedlab.figures.dimensions import DimensionScore, score_over_dimension
from embedlab.jobs.comparison import Comparison, ScoreColumn
from embedlab.jobs.estimates import origin
from embedlab.jobs.sweeps import MOST_RUNS, active_sweeps, plan_sweep, stop_sweep, submit_sweep
from embedlab.kinds.registry import kind_or_unknown
from embedlab.models.contract.base import fourth_root_rule
from embedlab.models.registry import MODELS, models_for
from embedlab.ui.runs.run_list import model_title
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.parameter_form import DIMENSION_NAMES
from embedlab.ui.widgets.wording import counted, rough_duration
from embedlab.workspace.rows import DatasetRow, RunRow

_FIRST_VALUES = "2, 4, 8, 16, 32, 64, 128"
_LONGEST_VALUES = 500
#: Order of preference for choosing a run.
_PARTS: tuple[Part, ...] = ("validation", "none", "training")


def draw(dataset: DatasetRow) -> None:
    """Draw the progress of running sweeps and the form that starts one."""
    active = active_sweeps(resources.jobs(), dataset.id)
    if active:
        st.fragment(run_every=2.0)(_progress)(dataset, sum(map(len, active.values())))
    title = "Parameter sweep: train with several values"
    with st.expander(title, icon=":material/grid_on:", key="expander-sweep"):
        _form(dataset)


def _progress(dataset: DatasetRow, n_active_before: int) -> None:
    active = active_sweeps(resources.jobs(), dataset.id)
    if sum(map(len, active.values())) != n_active_before:
        # A run ended, so the table and the figures have changed.
        st.rerun()
    for sweep_id, rows in active.items():
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            n_left = counted(len(rows), "runs")
            st.markdown(f":material/grid_on: Sweep running, {n_left} left. Finished runs are kept.", width="stretch")
            if st.button("Cancel sweep", icon=":material/stop_circle:", key=f"stop-sweep-{sweep_id}"):
                stop_sweep(resources.jobs(), rows)
                st.rerun()


def _form(dataset: DatasetRow) -> None:
    models = {model.name: model for model in models_for(dataset.kind)}
    if not models:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Model", list(models), format_func=lambda each: models[each].title, width=220)
        properties = models[name].parameters_class.model_json_schema()["properties"]
        numeric = [each for each, field in properties.items() if _is_number(field)]
        numeric.sort(key=lambda each: each not in DIMENSION_NAMES)
        parameter = st.selectbox(
            "Parameter",
            numeric,
            # Options are plain text in the browser.
            format_func=lambda each: f"{models[name].parameters_class.title_of(each)} ({each})",
            key=f"sweep-parameter-{name}",
            width=260,
        )
        dimension = parameter in DIMENSION_NAMES
        text = st.text_input(
            "Values to try",
            value=_FIRST_VALUES if dimension else "",
            placeholder="1, 2, 5",
            max_chars=_LONGEST_VALUES,
            key=f"sweep-values-{parameter}",
            help=f"Separated by commas, at most {MOST_RUNS}. All other parameters have the defaults for this dataset.",
        )
    values = [value for value in re.split(r"[,;\s]+", text) if value]
    if not values:
        return
    with shown_errors():
        plan = plan_sweep(resources.workspace(), dataset, name, {parameter: values})
        n_runs = counted(len(plan.parameters), "runs")
        st.caption(
            f"{n_runs}, about {rough_duration(plan.seconds)} in total, {origin(plan.n_taught)}. "
            "Each is saved as a separate run."
        )
        if len(plan.parameters) < 2:
            st.caption("A sweep needs at least two values.")
        elif st.button(f"Train {n_runs}", type="primary", icon=":material/play_arrow:", key="start-sweep"):
            submit_sweep(resources.jobs(), dataset.id, plan)
            st.rerun()


def _is_number(field: dict[str, Any]) -> bool:
    # A number that may be left empty has several types.
    types = {field.get("type"), *(each.get("type") for each in field.get("anyOf", ()))}
    return not types.isdisjoint({"integer", "number"})


def _is_for_curves(column: ScoreColumn) -> bool:
    # Test scores are not for choosing.
    return column.kind.part != "test"


def _is_judged(score: Score | None) -> bool:
    return score is not None and score.meaningful


def _n_dimensions(run: RunRow) -> int | None:
    """Return the number of dimensions of a run, given or chosen by the training; None without."""
    # A parameter that the training chose is empty, and the choice is among the scores.
    sizes = (run.parameters.get(name) or run.scores.get(name) for name in DIMENSION_NAMES)
    return next((int(size) for size in sizes if isinstance(size, int | float)), None)


def dimensions(dataset: DatasetRow, comparison: Comparison) -> None:
    """Draw a score over the number of dimensions, if runs differ in it."""
    sizes = [_n_dimensions(run) for run in comparison.runs]
    columns = [
        column
        for column in comparison.scores.values()
        if _is_for_curves(column)
        and len({size for size, score in zip(sizes, column.scores, strict=True) if size and _is_judged(score)}) > 1
    ]
    if not columns:
        return
    st.markdown("## Score by number of dimensions")
    columns.sort(key=lambda column: (_PARTS.index(column.kind.part), not column.kind.measures_quality))
    # Titles may contain file names from the user, so options are indices.
    key = f"dimension-score:{len(columns)}"
    place = st.segmented_control(
        "Score",
        range(len(columns)),
        default=0,
        format_func=lambda number: plain(columns[number].title, 40),
        required=True,
        key=key,
        label_visibility="collapsed",
    )
    column = columns[place or 0]
    series: dict[str, list[DimensionScore]] = {}
    for run, size, score in zip(comparison.runs, sizes, column.scores, strict=True):
        if size and score is not None and score.value is not None and score.meaningful:
            low, high = score.interval or (None, None)
            # A percentile interval may not contain the score itself.
            point = DimensionScore(
                size,
                score.value,
                None if low is None else min(low, score.value),
                None if high is None else max(high, score.value),
            )
            series.setdefault(model_title(run.model) if run.model in MODELS else run.model, []).append(point)
    n_values = int(dataset.counts.get(kind_or_unknown(dataset.kind).one_hot_count or "", 0))
    rule = fourth_root_rule(n_values) if n_values else None
    figure = score_over_dimension(series, column.title, rule=rule, theme=run_figures.theme(), height=360)
    run_figures.show(
        figure, key="score-over-dimension", alt=f"{column.title} over the number of dimensions, one point per run"
    )
    st.caption(
        "Dashed line: the fourth root of the number of values, a rule of thumb. Choose the fewest dimensions beyond "
        "which the score hardly improves. Runs may also differ in other settings: see the table."
        + (" Bars: 95 % intervals." if any(column.intervals) else "")
    )
