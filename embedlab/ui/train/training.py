"""Choosing a model, filling its form, seeing what it will cost, and starting it."""

from __future__ import annotations

from typing import Any

import streamlit as st

from embedlab.core.roles import text_start_roles
from embedlab.jobs.conditions import training_note
from embedlab.jobs.estimates import LearnedEstimate, estimate_training, origin
from embedlab.jobs.lineage import StartChoice, start_choices
from embedlab.jobs.protocols import may_leave_out_test
from embedlab.kinds.registry import kind as kind_of
from embedlab.models.contract.base import Model, Parameters
from embedlab.models.shared.repeatability import REPEATABLE_WORKERS, WORKERS
from embedlab.tasks.registry import task_of
from embedlab.tasks.text_labels import n_labels
from embedlab.ui.kinds import one_hot_panel
from embedlab.ui.kinds.registry import page_of
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.errors import shown_errors
from embedlab.ui.shell.frame import open_page
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import bounded
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets.parameter_form import DIMENSION_NAMES, Filled, ParameterForm
from embedlab.ui.widgets.vocabulary import kept_words
from embedlab.ui.widgets.wording import counted, number, rough_duration, size
from embedlab.workspace import listing
from embedlab.workspace.rows import DatasetRow

_MODEL = "model"
_IN_A_ROW = 4
_TIME_HELP = "An estimate, within a factor of two: from loading the libraries to the first maps."


def fitting_models(models: tuple[Model[Any, Any], ...], dataset: DatasetRow) -> tuple[Model[Any, Any], ...]:
    """Return the models that can learn from this dataset."""
    return tuple(model for model in models if task_of(model).refusal(dataset) is None)


def choose_model(models: tuple[Model[Any, Any], ...], dataset: DatasetRow) -> Model[Any, Any]:
    """Draw the models as cards and return the chosen one, the first that fits unless the address names another.

    On the card of a model that cannot learn from this dataset stands why not.
    """
    fitting = fitting_models(models, dataset)
    asked = st.query_params.get(_MODEL)
    chosen = next((model for model in fitting if model.name == asked), fitting[0])
    for first in range(0, len(models), _IN_A_ROW):
        row = models[first : first + _IN_A_ROW]
        # A row that is not full keeps the width of its cards, and a single card is no banner.
        columns = st.columns(_IN_A_ROW if len(models) > 2 else 2, gap="small")
        for model, column in zip(row, columns, strict=False):
            # The style of the pages knows these names.
            key = f"card-{'chosen' if model is chosen else 'of'}-{model.name}"
            with column.container(border=True, height="stretch", gap="xxsmall", key=key):
                if model in fitting:
                    _card(model, dataset, chosen=model is chosen)
                else:
                    _unfit_card(model, dataset)
    return chosen


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
    if reason := model.recommendation(dataset.counts):
        st.caption(f":material/thumb_up: Recommended. {plain(reason, 300)}")


def starts(dataset: DatasetRow, model: Model[Any, Any], chosen: str) -> list[StartChoice]:
    """Return embeddings of words a training could start from, each with what speaks against it.

    Where there are more than a choice can offer, a search for the others is drawn.
    """
    workspace, names = resources.workspace(), text_start_roles()
    found = listing.find_embeddings(workspace, names=names, most=bounded.MOST_OPTIONS)
    words = bounded.search_if_more(found.n_found, "start-from-search", "embeddings")
    if words.strip():
        found = listing.find_embeddings(workspace, words, names=names, most=bounded.MOST_OPTIONS)
    # What is chosen already may be older than what is offered.
    rows = {row.id: row for row in (*found.rows, *listing.embeddings_of(workspace, [chosen] if chosen else []))}
    return start_choices(workspace, model.name, dataset, names, list(rows.values()))


def start_panel(dataset: DatasetRow, model: Model[Any, Any], filled: Filled, form: ParameterForm) -> None:
    """Draw what the training will need, and the button that starts it."""
    with st.container(border=True):
        if filled.parameters is None:
            st.markdown("**Correct the marked values to go on.**")
        else:
            # Close together, so that the button below is in sight.
            with st.container(gap="xxsmall", key="estimate"):
                _needs(estimate_training(resources.workspace(), dataset, model, filled.parameters))
                _kept_words(dataset, filled.parameters)
            _repeatability(form, filled)
        without_test = _choose_without_test(dataset, model)
        if waiting := resources.jobs().n_active():
            st.caption(f"{counted(waiting, 'jobs')} before it in the queue.")
        started = st.button(
            "Start training",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            disabled=filled.parameters is None,
            key="start-training",
        )
    if started:
        with shown_errors():
            job = resources.jobs().submit_training(dataset.id, model.name, filled.values, without_test=without_test)
            current.set_run(job.id)
            open_page("runs", dataset=dataset.id, run=job.id)


def _repeatability(form: ParameterForm, filled: Filled) -> None:
    """Say that several workers never give the same vectors twice, and offer the setting that does."""
    note = training_note(resources.workspace(), filled.values)
    if not note:
        return

    def use_one() -> None:
        st.session_state[form.key(WORKERS)] = REPEATABLE_WORKERS

    st.caption(f":material/casino: {plain(note, 300)}")
    st.button("Use 1 worker", key="use-one-worker", type="tertiary", icon=":material/replay:", on_click=use_one)


def _choose_without_test(dataset: DatasetRow, model: Model[Any, Any]) -> bool:
    """Draw the choice to leave the test part out, for words that a classifier may start from."""
    if not may_leave_out_test(model.name, dataset):
        return False
    return st.toggle(
        "Leave out the test part",
        key=f"without-test:{dataset.id}",
        help="Learn without the documents of the test part, so that a classifier on this dataset may start from these "
        "vectors.",
    )


def _needs(estimate: LearnedEstimate) -> None:
    time, memory = st.columns(2)
    time.metric("Time, about", rough_duration(estimate.seconds), help=_TIME_HELP)
    memory.metric("Memory, about", size(estimate.memory_mb * 1e6))
    st.caption(f"{origin(estimate.n_runs).capitalize()}.")


def _kept_words(dataset: DatasetRow, parameters: Parameters) -> None:
    min_count = getattr(parameters, "min_count", None)
    if min_count is None or not kind_of(dataset.kind).has_words:
        return
    n_words, n_tokens = kept_words(dataset.id, min_count)
    share = n_tokens / max(1, dataset.counts.get("tokens", 0))
    st.caption(
        f"{number(n_words)} words occur at least {counted(min_count, 'times')}; they make up {share:.0%} of the text."
    )
    if n_words < 2:
        st.warning("Too few words remain. Choose a smaller min_count.", icon=":material/warning:")


def explain(dataset: DatasetRow, model: Model[Any, Any], filled: Filled) -> None:
    """Draw what an embedding is, and the network where the model is one."""
    dimension = next((filled.values[name] for name in DIMENSION_NAMES if name in filled.values), None)
    min_count = filled.values.get("min_count") or 1
    if filled.parameters is not None and dimension:
        with st.expander("What an embedding is, with your data", icon=":material/school:"):
            one_hot_panel.draw(dataset.id, int(dimension), int(min_count))
        page = page_of(dataset.kind)
        if "keras" in model.libraries and page.encoding_title is not None:
            with st.expander(page.encoding_title, icon=":material/format_list_numbered:"):
                page.draw_encoding(
                    dataset.id,
                    min_count=int(min_count),
                    max_words=filled.values.get("max_words"),
                    sequence_length=filled.values.get("sequence_length"),
                    output_dim=int(dimension),
                )
        counts = {**dataset.counts, "labels": n_labels(dataset)}
        if kind_of(dataset.kind).has_words:
            counts["kept_words"] = kept_words(dataset.id, int(min_count))[0]
        layers = model.network(counts, filled.parameters)
        if layers:
            with st.expander("The network that learns it", icon=":material/account_tree:"):
                run_figures.network(layers, key=f"network-{model.name}")
