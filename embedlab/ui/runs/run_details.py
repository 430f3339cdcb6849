"""One run: status, scores, embeddings, learning curve, settings, and a script that reproduces it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal

import pandas as pd
import streamlit as st

from embedlab.core.errors import EmbedLabError, NotFoundError, ParameterError
from embedlab.core.parameters import spelled_out
from embedlab.core.roles import heading
from embedlab.core.stored import damage_errors
from embedlab.evaluation.verdicts import share as share_text
from embedlab.jobs.conditions import protocol_note, run_note, stop_note, test_part_notes
from embedlab.jobs.estimates import peak_memory_of
from embedlab.jobs.inference import recommending_models
from embedlab.jobs.reproduction import script_of, write_bundle
from embedlab.models.registry import MODELS, learns_vectors
from embedlab.tasks.text_labels import n_labels
from embedlab.ui.export import files
from embedlab.ui.export.dialog import download_link
from embedlab.ui.runs import obscure_items
from embedlab.ui.runs.run_list import model_title
from embedlab.ui.runs.uses import uses_of
from embedlab.ui.scores import scores as run_scores
from embedlab.ui.scores import stability as run_stability
from embedlab.ui.scores import verdict as run_verdict
from embedlab.ui.shell import current, errors, resources
from embedlab.ui.shell.frame import page_link
from embedlab.ui.shell.open_dialog import dialog_button
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import dialogs, film, views
from embedlab.ui.widgets import figures as run_figures
from embedlab.ui.widgets import job_progress as live
from embedlab.ui.widgets.wording import STATUS_TITLES, ago, counted, duration, size
from embedlab.workspace.rows import DatasetRow, RunRow, Status

UNKNOWN_MODEL = (
    "This version of EmbedLab does not have the model of this run, so it cannot retrain it, predict with it or "
    "write its script. Its embeddings work as usual."
)
NO_VECTORS = "This model learns no vectors, so there is nothing to map or to query."
_STATUS_COLORS: dict[Status, Literal["green", "red", "orange", "gray"]] = {
    Status.SUCCEEDED: "green",
    Status.FAILED: "red",
    Status.INTERRUPTED: "orange",
    Status.CANCELLED: "gray",
}
_STATUS_ICONS = {
    Status.QUEUED: ":material/schedule:",
    Status.RUNNING: ":material/progress_activity:",
    Status.SUCCEEDED: ":material/check_circle:",
    Status.FAILED: ":material/error:",
    Status.CANCELLED: ":material/cancel:",
    Status.INTERRUPTED: ":material/power_off:",
}


def draw(run: RunRow) -> None:
    """Draw a run: training, stopped, or finished."""
    _head(run)
    if run.status.is_active:
        live.watch(run.id)
        _settings(run)
        return
    if run.status != Status.SUCCEEDED:
        live.stopped(resources.jobs().job(run.id))
        _learning_curve(run)
        _settings(run)
        live.log(run.id)
        return
    if run.model not in MODELS:
        st.info(f"{UNKNOWN_MODEL} Model: {plain(run.model)}", icon=":material/help:")
    run_verdict.draw(run, _dataset_of(run))
    _embeddings(run)
    _film(run)
    _share_read(run)
    run_verdict.draw_marks_of(run)
    with st.container(key="run-scores"):
        left, right = st.columns([3, 2], gap="medium")
        with left:
            run_scores.draw(run)
        with right:
            _learning_curve(run)
    run_scores.draw_cases(run)
    run_scores.draw_checks(run.scores)
    run_stability.draw(run)
    obscure_items.draw(run, _dataset_of(run))
    _settings(run)
    _network(run)
    _reproduce(run)
    live.log(run.id)


def _head(run: RunRow) -> None:
    with st.container(gap="xxsmall"):
        _title(run)
        verb = "queued" if run.status == Status.QUEUED else "started"
        parts = [plain(model_title(run.model)), f"{verb} {ago(run.created_at)}"]
        if run.elapsed_s is not None:
            parts.append(f"took {duration(run.elapsed_s)}")
        peak_mb = peak_memory_of(resources.jobs().job(run.id).result)
        if peak_mb is not None:
            parts.append(f"{size(peak_mb * 1e6)} of memory")
        st.caption(" · ".join([*parts, f"seed {run.parameters.get('seed', 0)}"]))
        _conditions(run)


def _conditions(run: RunRow) -> None:
    """Draw the evaluation protocol of a run, and whether it can be reproduced exactly."""
    result = resources.jobs().job(run.id).result
    notes = (stop_note(result), protocol_note(resources.workspace(), run), run_note(run, result))
    if text := " · ".join(plain(note, 300) for note in notes if note):
        st.caption(text)
    for note in test_part_notes(run):
        st.caption(f":material/info: {plain(note, 300)}")


def _title(run: RunRow) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.header(plain(run.name), anchor=False, width="stretch")
        st.badge(
            STATUS_TITLES[run.status], icon=_STATUS_ICONS[run.status], color=_STATUS_COLORS.get(run.status, "blue")
        )
        workspace = resources.workspace()
        page_link("data", label="Dataset", icon=":material/database:", query={"dataset": run.dataset_id, "view": "one"})
        if dialog_button("Rename", "edit", "rename-run", run.id):
            dialogs.rename(run.name, lambda name: workspace.rename_run(run.id, name))
        active = run.status.is_active
        why_not = "Cancel the training first." if active else None
        if dialog_button("Delete", "delete", "delete-run", run.id, disabled=active, help=why_not):
            dialogs.delete(run.name, workspace.dependents_of_run(run.id), lambda: _delete(run), own_runs=1)


def _delete(run: RunRow) -> None:
    resources.workspace().delete_run(run.id)
    current.set_run(None)
    views.go("all")


def _dataset_of(run: RunRow) -> DatasetRow | None:
    try:
        return resources.workspace().dataset(run.dataset_id)
    except NotFoundError:
        return None


def _embeddings(run: RunRow) -> None:
    rows = current.in_order(resources.workspace().embeddings(run_id=run.id))
    recommends = run.model in recommending_models()
    if not learns_vectors(run.model):
        st.caption(NO_VECTORS)
    if recommends and not rows:
        page_link("recommend", label="Recommend", icon=":material/recommend:", query=current.link(run=run.id))
    for place, row in enumerate(rows):
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            size = f"{counted(row.n_keys, 'vectors')} \u00d7 {row.vector_size}"
            st.markdown(f"**{plain(heading(row.name))}** \u2002 {size}", width="stretch")
            query = current.link(embedding=row.id)
            page_link("map", label="Open map", icon=":material/scatter_plot:", query=query)
            page_link("ask", label="Query", icon=":material/forum:", query=query)
            if place == 0 and recommends:
                page_link("recommend", label="Recommend", icon=":material/recommend:", query=query)
            if place == 0:
                for use in uses_of(run):
                    page_link("ask", label=use.label, icon=use.icon, query={**query, "view": use.view})


def _film(run: RunRow) -> None:
    with st.expander("Training film", icon=":material/movie:", expanded=False, key="expander-film"):
        if resources.jobs().has_film(run.id):
            film.draw(run.id, key=f"film-{run.id}")
        else:
            st.caption(film.missing_note())


def _share_read(run: RunRow) -> None:
    share = run.scores.get("share_read")
    if isinstance(share, float) and share < 1:
        st.caption(
            f"The model read {share_text(share)} of the words: the beginning of each document. To read more, train "
            "with a larger sequence length."
        )


def _learning_curve(run: RunRow) -> None:
    history = resources.jobs().progress(run.id).history
    if history:
        st.markdown("## Learning curve")
        run_figures.curves(history, key=f"curves-{run.id}", best_epoch=run.scores.get("best_epoch"))


def _settings(run: RunRow) -> None:
    with st.expander("Parameters and versions", icon=":material/tune:", key="expander-parameters"):
        rows = [(_setting_title(run, name), name, str(value)) for name, value in run.parameters.items()]
        rows += [("Version", name, value) for name, value in run.versions.items()]
        st.dataframe(
            pd.DataFrame(rows, columns=["Setting", "Name in code", "Value"]), hide_index=True, placeholder="", width=600
        )
        if run.model not in MODELS:
            return
        changed = [f"{name}:{value}" for name, value in _present_parameters(run).items()]
        page_link(
            "train",
            label="Train again with other settings",
            icon=":material/model_training:",
            query={"dataset": run.dataset_id, "model": run.model, "set": changed},
        )


def _setting_title(run: RunRow, name: str) -> str:
    return MODELS[run.model].parameters_class.title_of(name) if run.model in MODELS else spelled_out(name)


def _present_parameters(run: RunRow) -> dict[str, Any]:
    """Return a run's parameters under their current names."""
    try:
        present: dict[str, Any] = MODELS[run.model].parameters_class.checked(run.parameters).model_dump(mode="json")
    except (KeyError, ParameterError):
        return run.parameters
    return present


def _network(run: RunRow) -> None:
    model = MODELS.get(run.model)
    summary = resources.workspace().run_folder(run.id) / "summary.txt"
    if model is None:
        return
    dataset = _dataset_of(run)
    if dataset is None:
        return
    n_keys = {row.name: row.n_keys for row in resources.workspace().embeddings(run_id=run.id)}
    counts = {**dataset.counts, "labels": n_labels(dataset)} | (
        {"kept_words": n_keys["words"]} if "words" in n_keys else {}
    )
    if "n_pairs" in run.scores:
        counts["kept_pairs"] = run.scores["n_pairs"]
    try:
        layers = model.network(counts, model.parameters_class.checked(run.parameters))
    except EmbedLabError:
        # The parameters are from another version; the summary stored by the training is still shown.
        layers = ()
    if layers or summary.exists():
        panel = st.expander("Network", icon=":material/account_tree:", key="expander-network")
        with panel, errors.shown_errors():
            if layers:
                run_figures.network(layers, key=f"network-{run.id}")
            if summary.exists():
                with damage_errors(summary.name):
                    text = summary.read_text(encoding="utf-8")
                st.code(text, language=None)


def _reproduce(run: RunRow) -> None:
    with st.expander("Reproduce in Python", icon=":material/code:", key="expander-reproduce"):
        st.markdown(
            "A short Python script that repeats this training without EmbedLab. The download also contains the data."
        )
        with errors.shown_errors():
            script = script_of(resources.workspace(), run)
            if script is None:
                is_known = run.model in MODELS
                st.caption("The folder of this run is missing." if is_known else UNKNOWN_MODEL)
                return
            st.code(script, language="python", height=260)
        with errors.shown_errors():
            _bundle_download(run)


def _bundle_download(run: RunRow) -> None:
    """Draw the button that writes the zip file, then its download link; the file is never held in server memory."""
    workspace = resources.workspace()
    file_id = files.export_file_id("bundle", run.id)
    if st.button("Prepare script and data", icon=":material/build:", key="prepare-bundle"):
        with st.spinner("Writing the zip file …"):
            files.require_space(workspace, 2 * workspace.dataset(run.dataset_id).size_bytes)
            files.prepare(
                workspace, file_id, lambda folder: write_bundle(workspace, run.id, folder / f"embedlab-{run.id}.zip")
            )
    with suppress(NotFoundError):
        download_link(files.find_export_file(workspace, file_id))
