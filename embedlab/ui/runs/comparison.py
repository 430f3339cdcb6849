"""All runs on a dataset in one sortable table, and the learning curves of selected runs in one figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import pandas as pd
import streamlit as st

from embedlab.core.parameters import spelled_out
from embedlab.core.plain import one_line
from embedlab.evaluation.score import kind_of
from embedlab.evaluation.scores import score_title
from embedlab.figures.curves import curves
from embedlab.jobs.comparison import Comparison, ScoreColumn, compare_runs
from embedlab.kinds.registry import kind_or_unknown
from embedlab.models.registry import MODELS
from embedlab.ui.runs import candidates, obscure_items, sweeps
from embedlab.ui.runs.run_list import model_title
from embedlab.ui.scores import imported, yardsticks
from embedlab.ui.scores import scores as run_scores
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import empty_state, unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets import long_lists, protocol_choice, views
from embedlab.ui.widgets.wording import STATUS_TITLES, counted, heading_px
from embedlab.workspace.rows import DatasetRow, RunRow, Status

_KEY = "comparison-table"
_STEP = 200
_FIRST_CURVES = 4
_MOST_CURVES = 7
_CURVES_PX = 360
_LONGEST_NAME = 32


def draw(dataset: DatasetRow) -> None:
    """Draw the comparison of the runs on a dataset, or the scores of imported vectors."""
    if kind_or_unknown(dataset.kind).is_embedding:
        _vectors(dataset)
        yardsticks.draw(dataset)
        return
    most = long_lists.shown(_shown_key(dataset), _STEP)
    comparison = compare_runs(resources.workspace(), dataset.id, protocol_choice.chosen(dataset), most=most)
    if not comparison.runs:
        empty_state("No runs on this dataset yet", "Train on dataset", "train", query=current.link(dataset=dataset.id))
    else:
        st.markdown(f"All runs on **{plain(dataset.name)}**. To see another dataset, choose it at the top of the page.")
        protocol_choice.draw(dataset, comparison)
        chosen = _table(dataset, comparison)
        long_lists.more_button(_shown_key(dataset), _STEP, len(comparison.runs), comparison.n_found, "runs")
        _notes(dataset, comparison)
        _curves(dataset, comparison, chosen)
        sweeps.dimensions(dataset, comparison)
        sweeps.results(dataset)
        names = _names(dataset, comparison, chosen)
        obscure_items.draw_selected(chosen, [names[run.id] for run in chosen])
    sweeps.draw(dataset)
    yardsticks.draw(dataset)


def _shown_key(dataset: DatasetRow) -> str:
    return f"comparison-shown:{dataset.id}"


def _vectors(dataset: DatasetRow) -> None:
    """Draw the scores of imported vectors."""
    st.markdown(
        f"Imported vectors of **{plain(dataset.name)}**. To see another dataset, choose it at the top of the page."
    )
    imported.draw(dataset)


def _table(dataset: DatasetRow, comparison: Comparison) -> list[RunRow]:
    """Draw the table; return the selected runs."""
    table = _frame(dataset, comparison)
    tint = f"background-color: {run_figures.TINT[run_figures.theme()]}"
    best = {_score_column(column.name): column.best for column in comparison.scores.values()}

    def highlight(column: pd.Series) -> list[str]:
        return [tint if place in best.get(str(column.name), ()) else "" for place in range(len(column))]

    config: dict[str, Any] = {
        _score_column(column.name): st.column_config.NumberColumn(
            column.title, format="%.3f", width=heading_px(column.title, 88), help=_help(column)
        )
        for column in comparison.scores.values()
    }
    config |= {
        _setting_column(name): st.column_config.NumberColumn(
            title, format="%g", width=heading_px(title, 90), help=f"`{name}`"
        )
        if pd.api.types.is_numeric_dtype(table[_setting_column(name)])
        else st.column_config.Column(title, width=heading_px(title, 90), help=f"`{name}`")
        for name in comparison.settings
        for title in [_setting_title(comparison, name)]
    }
    config |= {
        "Run": st.column_config.TextColumn(width=170 if "Model" in table else 230),
        "Model": st.column_config.TextColumn(width=200 if comparison.baselines else 100),
        "Time": st.column_config.NumberColumn(format="%.0f s", width=60, help="From start to end"),
        "Status": st.column_config.TextColumn(width=80),
    }
    event = st.dataframe(
        table.style.apply(highlight, axis=0),
        key=_KEY,
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        column_config=config,
        placeholder="",
    )
    # Baseline rows are not runs.
    return [comparison.runs[place] for place in event["selection"]["rows"] if place < len(comparison.runs)]


def _score_column(name: str) -> str:
    return f"score:{name}"


def _setting_column(name: str) -> str:
    return f"setting:{name}"


def _setting_title(comparison: Comparison, name: str) -> str:
    """Return the title of a parameter, from the newest run whose model has it."""
    classes = (MODELS[run.model].parameters_class for run in comparison.runs if run.model in MODELS)
    known = next((each for each in classes if name in each.model_fields), None)
    return spelled_out(name) if known is None else known.title_of(name)


def _short_name(dataset: DatasetRow, run: RunRow) -> str:
    """Return a run's name without the name of the dataset, which is shown above the table."""
    return one_line(run.name.removesuffix(f" on {dataset.name}"))


def _frame(dataset: DatasetRow, comparison: Comparison) -> pd.DataFrame:
    """Return the table: evaluation scores first, training details last; the baselines are the last rows."""
    runs, baselines = comparison.runs, comparison.baselines
    blanks: list[Any] = [None] * len(baselines)
    columns: dict[str, Sequence[Any]] = {}
    # If all runs have the same name, only the settings distinguish them.
    if len({run.name for run in runs}) > 1 or len(runs) == 1:
        columns["Run"] = [*(_short_name(dataset, run) for run in runs), *("Baseline" for _ in baselines)]
    titles = [f"Baseline: {each.title}" for each in baselines]
    models = [model_title(run.model) for run in runs]
    if "Run" not in columns:
        columns["Model"] = [*models, *titles]
    elif all(_short_name(dataset, run).startswith(model) for run, model in zip(runs, models, strict=True)):
        # Names that begin with the model make a column of models redundant.
        columns["Run"] = [*columns["Run"][: len(runs)], *titles]
    else:
        columns["Model"] = [*models, *(each.title for each in baselines)]
    if any(run.status != Status.SUCCEEDED for run in runs):
        columns["Status"] = [*(STATUS_TITLES[run.status] for run in runs), *blanks]
    details: dict[str, Sequence[Any]] = {"Time": [*(run.elapsed_s for run in runs), *blanks]}
    details |= {_setting_column(name): [*_sortable(values), *blanks] for name, values in comparison.settings.items()}
    for name, column in comparison.scores.items():
        if column.doubt:
            continue
        of_baselines = [each.scores[name].value if name in each.scores else None for each in baselines]
        # Chosen settings and the like, which only some models have, come after the scores of all.
        of_training = column.kind.part == "training" or (column.kind.part == "none" and column.kind.better is None)
        (details if of_training else columns)[_score_column(name)] = [*column.values, *of_baselines]
    return pd.DataFrame(columns | details)


def _sortable(values: Sequence[Any]) -> Sequence[Any]:
    """Return values of one type, so that the column sorts."""
    if all(value is None or (isinstance(value, int | float) and not isinstance(value, bool)) for value in values):
        return values
    return [None if value is None else one_line(str(value), 40) for value in values]


def _help(column: ScoreColumn) -> str:
    better = column.kind.better
    parts = [f"{better.capitalize()} is better." if better else "It is unknown whether higher or lower is better."]
    if column.kind.part == "training":
        parts = ["Comparable only between runs of the same model."]
    if column.kind.part == "test":
        parts.append("Do not choose a run by a test score; use the validation score.")
    if column.margin is not None:
        parts.append(f"95 % interval: about {_margin(column.margin)}.")
    if column.doubt:
        parts.append(column.doubt)
    return plain(" ".join(parts), 400)


def _margin(margin: float) -> str:
    return f"\u00b1{margin:.2g}"


def _notes(dataset: DatasetRow, comparison: Comparison) -> None:
    st.caption(
        "Click a heading to sort. The best value in each column is highlighted, except for test scores, which should "
        "not be used to choose a run. Select rows to compare their learning curves, or two to compare them in detail."
    )
    columns = comparison.scores.values()
    margins = [f"{plain(each.title)} {_margin(each.margin)}" for each in columns if each.margin is not None]
    if margins:
        st.caption(f":material/info: 95 % intervals of the median run: {', '.join(margins)}.")
    doubtful = [plain(column.title) for column in columns if column.doubt]
    if doubtful:
        st.caption(f":material/hourglass_empty: Too few cases to judge, so not in the table: {', '.join(doubtful)}.")
    if comparison.unlike_baselines:
        names = ", ".join(plain(kind_of(name).title) for name in comparison.unlike_baselines)
        st.caption(
            f":material/warning: Some runs have different baselines ({names}): their test part differs, or an earlier "
            "version scored them. Score differences between these runs are partly due to the test part."
        )
    waiting = any(job.request.get("dataset_id") == dataset.id for job in resources.jobs().jobs("judge", active=True))
    if comparison.unjudged and not waiting:
        with st.container(horizontal=True, vertical_alignment="center"):
            n_runs = counted(len(comparison.unjudged), "runs")
            st.caption(f"{n_runs} not yet scored with all checks and files below.", width="content")
            if st.button("Evaluate runs again", icon=":material/fact_check:", key="judge-all"):
                run_scores.score_again(dataset.id)


def _curves(dataset: DatasetRow, comparison: Comparison, selected: Sequence[RunRow]) -> None:
    finished = [run for run in comparison.runs if run.status == Status.SUCCEEDED]
    with_curve = (
        (run, history)
        for run in selected or finished
        if run_figures.is_curve(history := resources.jobs().progress(run.id).history)
    )
    runs = list(islice(with_curve, _MOST_CURVES if selected else _FIRST_CURVES))
    histories = {run.id: history for run, history in runs}
    if len(selected) == 2 and st.button("Compare these two", icon=":material/compare_arrows:", key="compare-two"):
        candidates.put_in_url([run.id for run in selected])
        views.go("two")
        st.rerun()
    if len(selected) == 1:
        with st.container(horizontal=True):
            if st.button("Open run", icon=":material/open_in_full:", key="open-compared"):
                current.set_run(selected[0].id)
                views.go("one")
                st.rerun()
    metrics = list(dict.fromkeys(name for history in histories.values() for entry in history for name in entry))
    metrics = [name for name in metrics if name != "epoch"]
    if not metrics:
        if selected:
            st.caption("The selected runs have no learning curve: their models are trained in one step.")
        return
    st.markdown("## Learning curves")
    preferred = next((name for name in metrics if name.startswith("val")), metrics[0])
    key = f"comparison-metric:{','.join(metrics)}"
    st.session_state.setdefault(key, preferred)
    metric = st.segmented_control(
        "Metric", metrics, format_func=score_title, key=key, required=True, label_visibility="collapsed"
    )
    names = _names(dataset, comparison, [run for run, _ in runs])
    figure = curves(
        {names[run_id]: run_figures.titled(history) for run_id, history in histories.items()},
        [score_title(metric or preferred)],
        theme=run_figures.theme(),
        height=_CURVES_PX,
    )
    run_figures.show(
        figure, key="comparison-curves", alt=f"{score_title(metric or preferred)} after each epoch, one line per run"
    )
    if metric == "loss" and len({run.model for run, _ in runs}) > 1:
        st.caption("Loss functions differ between models: compare only curves of the same model.")
    if len(selected) > _MOST_CURVES:
        st.caption(f"Only the first {_MOST_CURVES} selected runs are drawn.")


def _names(dataset: DatasetRow, comparison: Comparison, runs: Sequence[RunRow]) -> Mapping[str, str]:
    """Return a distinct name for each run by id; runs with the same name also get the settings that differ."""
    places = {run.id: place for place, run in enumerate(comparison.runs)}
    names = {}
    for run in runs:
        name = _short_name(dataset, run)
        same_name = [places[other.id] for other in runs if _short_name(dataset, other) == name]
        parts = [
            f"{setting} {values[places[run.id]]}"
            for setting, values in comparison.settings.items()
            if len({str(values[place]) for place in same_name}) > 1
        ]
        names[run.id] = one_line(", ".join([name, *parts]), _LONGEST_NAME)
    return unique_names(names)
