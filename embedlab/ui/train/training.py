"""The parts of the Train page: model choice, estimate, start button, and explanations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from embedlab.core.durations import duration_range
from embedlab.core.errors import EmbedLabError
from embedlab.core.roles import text_start_roles
from embedlab.jobs.conditions import training_note
from embedlab.jobs.estimates import LearnedEstimate, estimate_training, origin
from embedlab.jobs.lineage import StartChoice, start_choices
from embedlab.jobs.protocols import may_leave_out_test
from embedlab.jobs.trainable import trainable
from embedlab.kinds.registry import kind as kind_of
from embedlab.models.contract.base import Model, Parameters
from embedlab.models.shared.repeatability import REPEATABLE_WORKERS, WORKERS
from embedlab.tasks.registry import task_of
from embedlab.tasks.text_labels import n_labels
from embedlab.ui.kinds import one_hot_panel
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell import resources
from embedlab.ui.shell.errors import message, shown_errors
from embedlab.ui.shell.frame import open_page
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets import film, long_lists
from embedlab.ui.widgets.parameter_form import DIMENSION_NAMES, FormResult, ParameterForm
from embedlab.ui.widgets.vocabulary import vocabulary_size
from embedlab.ui.widgets.wording import counted, number, rough_duration, size
from embedlab.workspace import listing
from embedlab.workspace.rows import DatasetRow

_MODEL = "model"
_TIME_HELP = "From loading the libraries to the first maps."


def fitting_models(models: tuple[Model[Any, Any], ...], dataset: DatasetRow) -> tuple[Model[Any, Any], ...]:
    """Return the models that can be trained on this dataset."""
    return tuple(model for model in models if task_of(model).refusal(dataset) is None)


def choose_model(models: tuple[Model[Any, Any], ...], dataset: DatasetRow) -> Model[Any, Any]:
    """Draw the models as cards, grouped by goal, and return the selected one.

    It is the one in the URL, or else the recommended one, or else the first that fits. In each goal the recommended
    model comes first, and the others are folded. The card of a model that cannot be trained on this dataset shows the
    reason.
    """
    fitting = fitting_models(models, dataset)
    from_url = st.query_params.get(_MODEL)
    default = next((model for model in fitting if _reason(model, dataset)), fitting[0])
    chosen = next((model for model in fitting if model.name == from_url), default)
    goals = models_by_goal(models, dataset)
    columns = st.columns(max(2, len(goals)), gap="medium")
    for (goal, (first, *others)), column in zip(goals.items(), columns, strict=False):
        with column:
            st.markdown(f"## {plain(goal)}")
            _draw_card(first, dataset, chosen=chosen, fits=first in fitting)
            if others:
                noun = "other model" if len(others) == 1 else "other models"
                key = f"expander-models-{first.task}"
                with st.expander(f"{len(others)} {noun}", expanded=chosen in others, key=key):
                    for model in others:
                        _draw_card(model, dataset, chosen=chosen, fits=model in fitting)
    return chosen


def models_by_goal(models: Sequence[Model[Any, Any]], dataset: DatasetRow) -> dict[str, list[Model[Any, Any]]]:
    """Return the models by what they are trained for, the recommended one of each goal first."""
    goals: dict[str, list[Model[Any, Any]]] = {}
    for model in models:
        task = task_of(model)
        goals.setdefault(task.goal or task.title, []).append(model)
    fitting = {model.name for model in fitting_models(tuple(models), dataset)}
    # Sorting keeps the order of those that are equal.
    return {
        goal: sorted(each, key=lambda model: (model.name not in fitting, not _reason(model, dataset)))
        for goal, each in goals.items()
    }


def _reason(model: Model[Any, Any], dataset: DatasetRow) -> str:
    """Return why to begin with a model; empty if it is not recommended."""
    return model.recommendation_for(dataset.counts, dataset.details)


def _draw_card(model: Model[Any, Any], dataset: DatasetRow, *, chosen: Model[Any, Any], fits: bool) -> None:
    # app.css uses these names.
    key = f"card-{'chosen' if model is chosen else 'of'}-{model.name}"
    with st.container(border=True, gap="xxsmall", key=key):
        if fits:
            _card(model, dataset, chosen=model is chosen)
        else:
            _unfit_card(model, dataset)


def _unfit_card(model: Model[Any, Any], dataset: DatasetRow) -> None:
    st.button(
        f"**{plain(model.title)}**",
        key=f"model-{model.name}",
        type="tertiary",
        icon=":material/block:",
        disabled=True,
    )
    refusal = task_of(model).refusal(dataset)
    if refusal is not None:
        st.caption(plain(f"{refusal.what} {refusal.remedy}", 300))


def _card(model: Model[Any, Any], dataset: DatasetRow, *, chosen: bool) -> None:
    mark = ":material/check_circle:" if chosen else ":material/radio_button_unchecked:"
    if st.button(f"**{plain(model.title)}**", key=f"model-{model.name}", type="tertiary", icon=mark) and not chosen:
        st.query_params[_MODEL] = model.name
        st.rerun()
    st.caption(plain(model.summary, 300))
    if reason := _reason(model, dataset):
        st.caption(f":material/thumb_up: Recommended. {plain(reason, 300)}")


def starting_embeddings(dataset: DatasetRow, model: Model[Any, Any], chosen: str) -> list[StartChoice]:
    """Return word embeddings that can initialize a training, each with the reason if it is not allowed.

    If there are too many to offer, a search field is drawn.
    """
    workspace, names = resources.workspace(), text_start_roles()
    matches = listing.find_embeddings(workspace, names=names, most=long_lists.MOST_OPTIONS)
    words = long_lists.search_if_more(matches.n_found, "start-from-search", "embeddings")
    if words.strip():
        matches = listing.find_embeddings(workspace, words, names=names, most=long_lists.MOST_OPTIONS)
    # The current choice may be older than those offered.
    rows = {row.id: row for row in (*matches.rows, *listing.embeddings_of(workspace, [chosen] if chosen else []))}
    return start_choices(workspace, model.name, dataset, names, list(rows.values()))


def start_panel(dataset: DatasetRow, model: Model[Any, Any], result: FormResult, form: ParameterForm) -> None:
    """Draw the estimate and the button that starts the training."""
    refusal = None if result.parameters is None else _refusal(dataset, model, result)
    with st.container(border=True):
        if result.parameters is None:
            st.markdown("**Correct the marked values to continue**")
        elif refusal is not None:
            st.error(message(refusal), icon=":material/error:")
        else:
            # Compact, so that the button below is visible.
            with st.container(gap="xxsmall", key="estimate"):
                _estimate(estimate_training(resources.workspace(), dataset, model, result.parameters))
                _coverage(dataset, result.parameters)
            _repeatability(form, result)
        without_test = _choose_without_test(dataset, model)
        snapshot_every = film.choose_snapshots(result.values.get("epochs"), key="snapshot-every")
        if n_active := resources.jobs().n_active():
            st.caption(f"{counted(n_active, 'jobs')} ahead in the queue.")
        start = st.button(
            "Start training",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            disabled=result.parameters is None or refusal is not None,
            key="start-training",
        )
    if start:
        with shown_errors():
            job = resources.jobs().submit_training(
                dataset.id, model.name, result.values, without_test=without_test, snapshot_every=snapshot_every
            )
            open_page("runs", dataset=dataset.id, run=job.id)


def _refusal(dataset: DatasetRow, model: Model[Any, Any], result: FormResult) -> EmbedLabError | None:
    """Return why a training with these values cannot succeed, as far as it is known before the start."""
    try:
        trainable(resources.workspace(), dataset.id, model.name, result.values)
    except EmbedLabError as error:
        return error
    return None


def _repeatability(form: ParameterForm, result: FormResult) -> None:
    """Warn that several workers make results irreproducible, and offer to use a single one."""
    note = training_note(resources.workspace(), result.values)
    if not note:
        return

    def use_one() -> None:
        st.session_state[form.key(WORKERS)] = REPEATABLE_WORKERS

    st.caption(f":material/casino: {plain(note, 300)}")
    st.button("Use 1 worker", key="use-one-worker", type="tertiary", icon=":material/replay:", on_click=use_one)


def _choose_without_test(dataset: DatasetRow, model: Model[Any, Any]) -> bool:
    """Draw the choice to exclude the test part, for word vectors that may initialize a classifier."""
    if not may_leave_out_test(model.name, dataset):
        return False
    return st.toggle(
        "Exclude test part",
        key=f"without-test:{dataset.id}",
        help="Train without the documents of the test part, so that these vectors can initialize a classifier on this "
        "dataset.",
    )


def _estimate(estimate: LearnedEstimate) -> None:
    time, memory = st.columns(2)
    time.metric("Estimated time", rough_duration(estimate.seconds), help=_TIME_HELP)
    memory.metric("Estimated memory", size(estimate.memory_mb * 1e6))
    low_mb, high_mb = (size(1e6 * mb) for mb in estimate.memory_mb_range)
    time_range = duration_range(*estimate.seconds_range)
    st.caption(
        f"Likely range: {time_range}, {low_mb} to {high_mb}. {origin(estimate.n_runs).capitalize()}.",
        help="8 of 10 trainings are within these ranges, which narrow with every run.",
    )


def _coverage(dataset: DatasetRow, parameters: Parameters) -> None:
    min_count = getattr(parameters, "min_count", None)
    if min_count is None or not kind_of(dataset.kind).has_words:
        return
    n_words, n_tokens = vocabulary_size(dataset.id, min_count)
    share = n_tokens / max(1, dataset.counts.get("tokens", 0))
    st.caption(
        f"{number(n_words)} words occur at least {counted(min_count, 'times')} and cover {share:.0%} of the text."
    )


def explain(dataset: DatasetRow, model: Model[Any, Any], result: FormResult) -> None:
    """Draw explanations: what an embedding is, and the network if the model has one."""
    dimension = next((result.values[name] for name in DIMENSION_NAMES if name in result.values), None)
    min_count = result.values.get("min_count") or 1
    if result.parameters is not None:
        page_of(dataset.kind).draw_variables(dataset, result.parameters)
    if result.parameters is not None and dimension:
        with st.expander("What an embedding is, using your data", icon=":material/school:", key="expander-one-hot"):
            one_hot_panel.draw(dataset.id, int(dimension), int(min_count))
        page = page_of(dataset.kind)
        if "keras" in model.libraries and page.encoding_title is not None:
            with st.expander(page.encoding_title, icon=":material/format_list_numbered:", key="expander-encoding"):
                page.draw_encoding(
                    dataset.id,
                    min_count=int(min_count),
                    max_words=result.values.get("max_words"),
                    sequence_length=result.values.get("sequence_length"),
                    output_dim=int(dimension),
                )
        counts = {**dataset.counts, "labels": n_labels(dataset)}
        if kind_of(dataset.kind).has_words:
            counts["kept_words"] = vocabulary_size(dataset.id, int(min_count))[0]
        layers = model.network(counts, result.parameters)
        if layers:
            with st.expander("Network", icon=":material/account_tree:", key="expander-network"):
                run_figures.network(layers, key=f"network-{model.name}")
