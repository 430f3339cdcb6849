"""Parameter sweeps: start one, cancel it, and plot the score over the number of dimensions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import streamlit as st

from embedlab.evaluation.score import Part, Score
from embedlab.figures.dimensions import DimensionScore, score_over_dimension
from embedlab.figures.search_surface import SearchAxis, search_curve, search_surface
from embedlab.jobs.comparison import Comparison, ScoreColumn
from embedlab.jobs.estimates import origin
from embedlab.jobs.searches.results import SearchResult, finished_sweeps, search_result
from embedlab.jobs.searches.sweeps import MOST_RUNS, active_sweeps, plan_sweep, stop_sweep, submit_sweep
from embedlab.kinds.registry import kind_or_unknown
from embedlab.models.contract.base import Model, fourth_root_rule
from embedlab.models.registry import MODELS, models_for
from embedlab.tasks.registry import task_of
from embedlab.ui.runs.run_list import model_title
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets import film, views
from embedlab.ui.widgets.parameter_form import DIMENSION_NAMES
from embedlab.ui.widgets.wording import ago, counted, rough_duration
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
    models = swept_models(dataset)
    if models:
        title = "Parameter sweep: train with several values"
        with st.expander(title, icon=":material/grid_on:", key="expander-sweep"):
            _form(dataset, models)


def swept_models(dataset: DatasetRow) -> list[Model[Any, Any]]:
    """Return the models that can be trained on a dataset and have a number to vary, the recommended ones first."""
    models = [
        model
        for model in models_for(dataset.kind)
        if task_of(model).refusal(dataset) is None and any(map(_is_number, _properties(model).values()))
    ]
    return sorted(models, key=lambda model: not model.recommendation_for(dataset.counts, dataset.details))


def _properties(model: Model[Any, Any]) -> dict[str, dict[str, Any]]:
    properties: dict[str, dict[str, Any]] = model.parameters_class.model_json_schema()["properties"]
    # A seed is no setting: another one repeats the training.
    return {name: field for name, field in properties.items() if name != "seed"}


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


def _form(dataset: DatasetRow, offered: Sequence[Model[Any, Any]]) -> None:
    models = {model.name: model for model in offered}
    name = st.selectbox("Model", list(models), format_func=lambda each: models[each].title, width=220)
    properties = _properties(models[name])
    numeric = [each for each, field in properties.items() if _is_number(field)]
    numeric.sort(key=lambda each: (each not in DIMENSION_NAMES, not properties[each].get("log")))
    first, values = _parameter(models[name], "Parameter", numeric, "sweep-parameter")
    if not values:
        return
    grid = {first: values}
    others = ["", *(each for each in numeric if each != first)]
    second, more = _parameter(models[name], "Second parameter", others, "sweep-second")
    if second:
        if not more:
            return
        grid[second] = more
    with shown_errors():
        plan = plan_sweep(resources.workspace(), dataset, name, grid)
        n_runs = counted(len(plan.parameters), "runs")
        st.caption(
            f"{n_runs}, about {rough_duration(plan.seconds)} in total, {origin(plan.n_taught)}. "
            "Each is saved as a separate run. One is chosen by its score on the validation part."
        )
        if len(plan.parameters) < 2:
            st.caption("A sweep needs at least two values.")
            return
        with st.container(width=220):
            every = film.choose_snapshots(plan.parameters[0].get("epochs"), key="sweep-snapshot-every")
        if st.button(f"Train {n_runs}", type="primary", icon=":material/play_arrow:", key="start-sweep"):
            submit_sweep(resources.jobs(), dataset.id, plan, snapshot_every=every)
            st.rerun()


def _parameter(model: Model[Any, Any], label: str, names: list[str], key: str) -> tuple[str, list[str]]:
    """Draw the choice of a parameter and of its values; return its name and the values, empty for none."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        parameter: str = st.selectbox(
            label,
            names,
            # Options are plain text in the browser.
            format_func=lambda each: f"{model.parameters_class.title_of(each)} ({each})" if each else "None",
            key=f"{key}-{model.name}",
            width=260,
        )
        if not parameter:
            return "", []
        text = st.text_input(
            "Values to try",
            value=_FIRST_VALUES if parameter in DIMENSION_NAMES else "",
            placeholder="0.1, 1, 10",
            max_chars=_LONGEST_VALUES,
            key=f"sweep-values-{parameter}" if key == "sweep-parameter" else f"{key}-values-{parameter}",
            help=f"Separated by commas, at most {MOST_RUNS} runs. All other parameters have the defaults for this "
            "dataset.",
        )
    return parameter, [value for value in re.split(r"[,;\s]+", text) if value]


def _is_number(field: dict[str, Any]) -> bool:
    types = [field.get("type"), *(each.get("type") for each in field.get("anyOf", ()))]
    return any(each in {"integer", "number"} for each in types)


def results(dataset: DatasetRow) -> None:
    """Draw the result of a finished sweep: the surface of its scores, the chosen run, and why."""
    sweeps = finished_sweeps(resources.jobs(), dataset)
    if not sweeps:
        return
    st.markdown("## Parameter search")
    titles = {sweep: _sweep_title(runs) for sweep, runs in sweeps.items()}
    sweep = next(iter(sweeps))
    if len(sweeps) > 1:
        sweep = st.selectbox("Sweep", list(sweeps), format_func=lambda each: titles.get(each, each), key="sweep-shown")
    found = search_result(sweeps[sweep], dataset.counts, kind_or_unknown(dataset.kind).one_hot_count or "")
    if found.score is None or not found.parameters:
        st.caption("The runs of this sweep have no validation score to choose by.")
        return
    _search_figure(found)
    run = found.chosen
    if run is None or found.choice is None:
        st.caption("There are too few scores to choose by.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        setting = ", ".join(f"{plain(name)} {plain(value)}" for name, value in found.setting(run).items())
        st.markdown(
            f":material/check_circle: Chosen: **{setting}**: {plain(found.choice.reason, 400)}.", width="stretch"
        )
        if st.button("Open chosen run", icon=":material/open_in_full:", key="open-chosen"):
            current.set_run(run.id)
            views.go("one")
            st.rerun()
    if found.caution:
        st.caption(f":material/warning: {plain(found.caution, 300)}")
    st.caption(
        "Runs are chosen on the validation part only; the test part is for the final score. Of runs within one "
        "standard error of the best, the one with the fewest dimensions is chosen."
    )


def _sweep_title(runs: Sequence[RunRow]) -> str:
    found = search_result(runs, {}, "")
    varied = " \u00d7 ".join(each.name for each in found.parameters) or "no parameter"
    return f"{model_title(found.model)}: {varied}, {counted(len(runs), 'runs')}, {ago(runs[0].created_at)}"


def _search_figure(found: SearchResult) -> None:
    assert found.score is not None  # noqa: S101
    theme, title = run_figures.theme(), found.score.title
    chosen = None if found.choice is None else found.choice.place
    axes = [
        SearchAxis(each.title, [float(run.parameters[each.name]) for run in found.runs], is_log=each.is_log)
        for each in found.parameters[:2]
    ]
    if len(axes) == 1:
        rule = found.rule if found.parameters[0].is_dimension else None
        figure = search_curve(axes[0], found.values, title, chosen=chosen, rule=rule, theme=theme)
        alt = f"{title} over {axes[0].title}, the chosen run marked"
    else:
        higher = found.score.better == "higher"
        figure = search_surface(
            axes[0], axes[1], found.values, title, higher_is_better=higher, chosen=chosen, theme=theme
        )
        alt = f"{title} over {axes[0].title} and {axes[1].title} as a surface, the chosen run marked"
    run_figures.show(figure, key="search-surface", alt=alt)
    if len(found.parameters) > 2:
        st.caption("More than two parameters were varied: each cell is the mean of its runs.")


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
