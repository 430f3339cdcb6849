"""All runs on a dataset in one table that sorts, and the curves of chosen ones in one figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import pandas as pd
import streamlit as st

from embedlab.core.plain import one_line
from embedlab.evaluation.score import kind_of
from embedlab.evaluation.scores import score_title
from embedlab.figures.curves import curves
from embedlab.figures.palette import Theme
from embedlab.jobs.comparison import Comparison, ScoreColumn, compare_runs
from embedlab.kinds.registry import kind_or_unknown
from embedlab.ui.runs import sweeps
from embedlab.ui.runs.run_list import model_title
from embedlab.ui.scores import scores as run_scores
from embedlab.ui.scores import yardsticks
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import empty_state, unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import bounded, protocol_choice, views
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.wording import STATUS_TITLES, counted
from embedlab.workspace.rows import DatasetRow, RunRow, Status

_KEY = "comparison-table"
_STEP = 200
# Of the newest judgings one has most likely succeeded.
_MOST_JOBS = 20
_FIRST_CURVES = 4
_MOST_CURVES = 7
_CURVES_PX = 360
_LONGEST_NAME = 32
_TINT: dict[Theme, str] = {"light": "rgba(0, 133, 96, 0.18)", "dark": "rgba(44, 194, 149, 0.28)"}


def draw(dataset: DatasetRow) -> None:
    """Draw the comparison of the runs on a dataset; of vectors their own scores."""
    if kind_or_unknown(dataset.kind).is_embedding:
        _vectors(dataset)
        yardsticks.draw(dataset)
        return
    most = bounded.shown(_shown_key(dataset), _STEP)
    comparison = compare_runs(resources.workspace(), dataset.id, protocol_choice.chosen(dataset), most=most)
    if not comparison.runs:
        empty_state("No run on this dataset yet.", "Train on it", "train", query=current.link(dataset=dataset.id))
    else:
        st.markdown(f"Every run on **{plain(dataset.name)}**; choose another dataset at the top of the page.")
        protocol_choice.draw(dataset, comparison)
        chosen = _table(dataset, comparison)
        bounded.more_button(_shown_key(dataset), _STEP, len(comparison.runs), comparison.n_found, "runs")
        _said(dataset, comparison)
        _curves(dataset, comparison, chosen)
        sweeps.dimensions(dataset, comparison)
    sweeps.draw(dataset)
    yardsticks.draw(dataset)


def _shown_key(dataset: DatasetRow) -> str:
    return f"comparison-shown:{dataset.id}"


def _vectors(dataset: DatasetRow) -> None:
    """Draw the scores of imported vectors, once they have been asked for."""
    st.markdown(f"The imported vectors of **{plain(dataset.name)}**; choose another dataset at the top of the page.")
    jobs = resources.jobs().about("judge", "dataset_id", dataset.id, most=_MOST_JOBS)
    judged = next((job for job in jobs if job.status == Status.SUCCEEDED), None)
    for scores in ((judged.result or {}) if judged else {}).get("embeddings", {}).values():
        run_scores.draw_scores(scores)
        run_scores.draw_checks(scores)
    waiting = any(job.status.is_active for job in jobs)
    title = "Judge them again" if judged else "Judge these vectors"
    if not waiting and st.button(title, icon=":material/fact_check:", key="judge-vectors"):
        run_scores.judge_again(dataset.id)


def _table(dataset: DatasetRow, comparison: Comparison) -> list[RunRow]:
    """Draw the table; return the chosen runs."""
    table = _frame(dataset, comparison)
    tint = f"background-color: {_TINT[run_figures.theme()]}"
    best = {_score_column(column.name): column.best for column in comparison.scores.values()}

    def tinted(column: pd.Series) -> list[str]:
        return [tint if place in best.get(str(column.name), ()) else "" for place in range(len(column))]

    config: dict[str, Any] = {
        _score_column(column.name): st.column_config.NumberColumn(
            column.title, format="%.3f", width=88, help=_help(column)
        )
        for column in comparison.scores.values()
    }
    config |= {
        _setting_column(name): st.column_config.NumberColumn(name, format="%g", width=78)
        if pd.api.types.is_numeric_dtype(table[_setting_column(name)])
        else st.column_config.Column(name, width=78)
        for name in comparison.settings
    }
    config |= {
        "Run": st.column_config.TextColumn(width=170),
        "Model": st.column_config.TextColumn(width=200 if comparison.baselines else 100),
        "Time": st.column_config.NumberColumn(format="%.0f s", width=60, help="From start to end"),
        "Status": st.column_config.TextColumn(width=80),
    }
    event = st.dataframe(
        table.style.apply(tinted, axis=0),
        key=_KEY,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        column_config=config,
        placeholder="",
    )
    # The rows of the baselines are no runs.
    return [comparison.runs[place] for place in event["selection"]["rows"] if place < len(comparison.runs)]


def _score_column(name: str) -> str:
    return f"score:{name}"


def _setting_column(name: str) -> str:
    return f"setting:{name}"


def _short_name(dataset: DatasetRow, run: RunRow) -> str:
    """Return a run's name without that of the dataset, which stands above all of them."""
    return one_line(run.name.removesuffix(f" on {dataset.name}"))


def _frame(dataset: DatasetRow, comparison: Comparison) -> pd.DataFrame:
    """Return the table: what judges comes first, what explains last; the baselines are the last rows."""
    runs, baselines = comparison.runs, comparison.baselines
    nothing: list[Any] = [None] * len(baselines)
    columns: dict[str, Sequence[Any]] = {}
    # Runs without names of their own differ in their settings alone.
    if len({run.name for run in runs}) > 1 or len(runs) == 1:
        columns["Run"] = [*(_short_name(dataset, run) for run in runs), *("Baseline" for _ in baselines)]
    titles = [each.title if "Run" in columns else f"Baseline: {each.title}" for each in baselines]
    columns["Model"] = [*(model_title(run.model) for run in runs), *titles]
    if any(run.status != Status.SUCCEEDED for run in runs):
        columns["Status"] = [*(STATUS_TITLES[run.status] for run in runs), *nothing]
    behind: dict[str, Sequence[Any]] = {"Time": [*(run.elapsed_s for run in runs), *nothing]}
    behind |= {_setting_column(name): [*_alike(values), *nothing] for name, values in comparison.settings.items()}
    for name, column in comparison.scores.items():
        of_baselines = [each.scores[name].value if name in each.scores else None for each in baselines]
        of_training = column.kind.part == "training"
        (behind if of_training else columns)[_score_column(name)] = [*column.values, *of_baselines]
    return pd.DataFrame(columns | behind)


def _alike(values: Sequence[Any]) -> Sequence[Any]:
    """Return values of one type, so that the column sorts."""
    if all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values):
        return values
    return [None if value is None else one_line(str(value), 40) for value in values]


def _help(column: ScoreColumn) -> str:
    better = column.kind.better
    parts = [f"{better.capitalize()} is better." if better else "Whether higher or lower is better is not known."]
    if column.kind.part == "training":
        parts = ["Compare it only between runs of one model."]
    if column.kind.part == "test":
        parts.append("The test part is for judging once: choose by the validation score.")
    if column.margin is not None:
        parts.append(f"95 % interval: about {_margin(column.margin)}.")
    if column.doubt:
        parts.append(column.doubt)
    return plain(" ".join(parts), 400)


def _margin(margin: float) -> str:
    return f"\u00b1{margin:.2g}"


def _said(dataset: DatasetRow, comparison: Comparison) -> None:
    st.caption(
        "Click a heading to sort. The best value in each column is highlighted, except in columns of the test part, "
        "which is not for choosing. Select rows to compare their curves."
    )
    columns = comparison.scores.values()
    margins = [f"{plain(each.title)} {_margin(each.margin)}" for each in columns if each.margin is not None]
    if margins:
        st.caption(f":material/info: 95 % intervals, in the median run: {', '.join(margins)}.")
    doubtful = [plain(column.title) for column in columns if column.doubt]
    if doubtful:
        st.caption(f":material/warning: Too few pairs or questions to mean anything: {', '.join(doubtful)}.")
    if comparison.unlike_baselines:
        names = ", ".join(plain(kind_of(name).title) for name in comparison.unlike_baselines)
        st.caption(
            f":material/warning: Not all runs have the baselines shown here ({names}): their test parts differ, or an "
            "earlier version scored them. Differences between such runs are partly differences of the test part."
        )
    waiting = any(job.request.get("dataset_id") == dataset.id for job in resources.jobs().jobs("judge", active=True))
    if comparison.unjudged and not waiting:
        with st.container(horizontal=True, vertical_alignment="center"):
            n_runs = counted(len(comparison.unjudged), "runs")
            st.caption(f"{n_runs} not yet judged by all checks and files below.", width="content")
            if st.button("Judge all again", icon=":material/fact_check:", key="judge-all"):
                run_scores.judge_again(dataset.id)


def _curves(dataset: DatasetRow, comparison: Comparison, chosen: Sequence[RunRow]) -> None:
    finished = [run for run in comparison.runs if run.status == Status.SUCCEEDED]
    with_curve = (
        (run, history)
        for run in chosen or finished
        if run_figures.is_curve(history := resources.jobs().progress(run.id).history)
    )
    drawn = list(islice(with_curve, _MOST_CURVES if chosen else _FIRST_CURVES))
    histories = {run.id: history for run, history in drawn}
    if len(chosen) == 1:
        with st.container(horizontal=True):
            if st.button("Open this run", icon=":material/open_in_full:", key="open-compared"):
                current.set_run(chosen[0].id)
                views.go("one")
                st.rerun()
    metrics = list(dict.fromkeys(name for history in histories.values() for entry in history for name in entry))
    metrics = [name for name in metrics if name != "epoch"]
    if not metrics:
        if chosen:
            st.caption("The selected runs have no curve: their models learn in one step.")
        return
    st.markdown("##### Learning curves")
    preferred = next((name for name in metrics if name.startswith("val")), metrics[0])
    key = f"comparison-metric:{','.join(metrics)}"
    st.session_state.setdefault(key, preferred)
    metric = st.segmented_control(
        "Metric", metrics, format_func=score_title, key=key, required=True, label_visibility="collapsed"
    )
    names = _names(dataset, comparison, [run for run, _ in drawn])
    figure = curves(
        {names[run_id]: history for run_id, history in histories.items()},
        [metric or preferred],
        theme=run_figures.theme(),
        height=_CURVES_PX,
    )
    run_figures.show(
        figure, key="comparison-curves", alt=f"{score_title(metric or preferred)} after each epoch, one line per run"
    )
    if metric == "loss" and len({run.model for run, _ in drawn}) > 1:
        st.caption("Each model has a loss of its own: compare the curves of one model only.")
    left_out = len(chosen) - _MOST_CURVES
    if left_out > 0:
        st.caption(f"The first {_MOST_CURVES} of the chosen runs are drawn.")


def _names(dataset: DatasetRow, comparison: Comparison, runs: Sequence[RunRow]) -> Mapping[str, str]:
    """Return by id what tells runs apart: their own names, and among those of one name the settings that differ."""
    places = {run.id: place for place, run in enumerate(comparison.runs)}
    names = {}
    for run in runs:
        name = _short_name(dataset, run)
        alike = [places[other.id] for other in runs if _short_name(dataset, other) == name]
        parts = [
            f"{setting} {values[places[run.id]]}"
            for setting, values in comparison.settings.items()
            if len({str(values[place]) for place in alike}) > 1
        ]
        names[run.id] = one_line(", ".join([name, *parts]), _LONGEST_NAME)
    return unique_names(names)
