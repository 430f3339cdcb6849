"""The table of runs, and other jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache

import streamlit as st

from embedlab.core.errors import EmbedLabError
from embedlab.core.plain import one_line
from embedlab.models.registry import MODELS
from embedlab.ui.runs import run_table
from embedlab.ui.runs.run_table import Cell
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import job_progress as live
from embedlab.ui.widgets import long_lists, views
from embedlab.ui.widgets.wording import STATUS_TITLES, duration, main_score
from embedlab.workspace import listing
from embedlab.workspace.rows import ACTIVE, JobRow, RunRow, Status

_COLUMNS = ("Run", "Model", "Dataset", "Status", "Score", "Loss", "Time", "Created")
_SHOWN = "runs-shown"
_STEP = 50
_MOST_OTHERS = 8
_EVERY_S = 2.0
_UNSUCCESSFUL = (Status.FAILED, Status.INTERRUPTED)


def draw(counts: Mapping[Status, int]) -> None:
    """Draw filters and table; a click on a row opens its run.

    Parameters
    ----------
    counts
        Number of runs by status.
    """
    matches = _filters(counts)
    shown = matches.rows
    if not shown:
        st.info("No run matches. Clear the search or choose another status.", icon=":material/filter_alt_off:")
        return

    def open_run(run_id: str) -> None:
        current.set_run(run_id)
        views.go("one")

    run_table.draw(_COLUMNS, _rows(shown), [row.id for row in shown], open_run)
    long_lists.more_button(_SHOWN, _STEP, len(shown), matches.n_found, "runs")
    st.caption("Click a row to open the run, or a heading to sort.")
    if any(status.is_active for status in counts):
        st.fragment(run_every=_EVERY_S)(_poll)(dict(counts), _active_runs())


def _active_runs() -> frozenset[str]:
    return frozenset(job.id for job in resources.jobs().jobs("train", active=True))


def _poll(before: Mapping[Status, int], active_before: frozenset[str]) -> None:
    """Rerun the page when a run starts or ends."""
    resources.jobs().dispatch()
    if listing.runs_by_status(resources.workspace()) != before or _active_runs() != active_before:
        st.rerun()


def _filters(counts: Mapping[Status, int]) -> listing.Found[RunRow]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = long_lists.search_box("runs-search", "Name, model or dataset")
        present = sorted(counts, key=list(STATUS_TITLES).index)
        chosen = st.pills(
            "Status", present, selection_mode="multi", format_func=lambda one: STATUS_TITLES[one], key="runs-states"
        )
    return listing.find_runs(
        resources.workspace(), words, states=chosen, title_of=model_title, most=long_lists.shown(_SHOWN, _STEP)
    )


def _rows(rows: Sequence[RunRow]) -> list[list[Cell]]:
    datasets = listing.dataset_names(resources.workspace(), {row.dataset_id for row in rows})
    return [_row(row, datasets.get(row.dataset_id, "")) for row in rows]


def _row(row: RunRow, dataset: str) -> list[Cell]:
    texts = [
        one_line(row.name),
        model_title(row.model),
        one_line(dataset),
        STATUS_TITLES[row.status],
        main_score(row.model, row.scores),
    ]
    started = datetime.fromtimestamp(row.created_at, UTC).astimezone()
    return [
        *(Cell(text, text) for text in texts),
        Cell("", _losses(row)),
        Cell("" if row.elapsed_s is None else duration(row.elapsed_s), row.elapsed_s),
        Cell(f"{started:%-d %b, %H:%M}", row.created_at),
    ]


def _losses(row: RunRow) -> list[float]:
    if row.status.is_active:
        return []
    return list(finished_losses(row.id, row.finished_at))


# Streamlit's cache copies its values, which takes longer for a table of runs than reading them.
@lru_cache(maxsize=2000)
def finished_losses(run_id: str, finished_at: float | None) -> tuple[float, ...]:
    """Return the loss of each epoch of a run that has ended."""
    del finished_at
    return tuple(entry["loss"] for entry in resources.jobs().progress(run_id).history if "loss" in entry)


def model_title(name: str) -> str:
    """Return a model's display name."""
    return MODELS[name].title if name in MODELS else name


def other_jobs() -> None:
    """Draw running imports and projections, and those that failed or were interrupted until they are dismissed."""
    rows = _find_other_jobs()
    if rows:
        active = any(row.status.is_active for row in rows)
        st.fragment(run_every=1.0 if active else None)(_draw_other_jobs)(
            tuple(row.id for row in rows if row.status.is_active)
        )


def _find_other_jobs() -> list[JobRow]:
    return resources.jobs().others([*ACTIVE, *_UNSUCCESSFUL], most=_MOST_OTHERS)


def _draw_other_jobs(active_before: tuple[str, ...]) -> None:
    rows = _find_other_jobs()
    if active_before != tuple(row.id for row in rows if row.status.is_active):
        # A job ended, so other parts of the page may have changed.
        st.rerun()
    st.markdown("## Other jobs running" if active_before else "## Failed or interrupted")
    for row in rows:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            if row.status.is_active:
                progress = resources.jobs().progress(row.id)
                st.progress(progress.share_done, text=f"{plain(row.title)} · {live.progress_text(row, progress)}")
                st.button("Cancel", key=f"stop-{row.id}", on_click=_act, args=("cancel", row.id))
            else:
                reason = plain((row.error or {}).get("what") or STATUS_TITLES[row.status], 300)
                st.markdown(f"**{plain(row.title)}**: {reason}", width="stretch")
                st.button("Start again", key=f"again-{row.id}", on_click=_act, args=("restart", row.id))
                st.button("Dismiss", key=f"dismiss-{row.id}", on_click=_act, args=("dismiss", row.id))


def _act(action: str, job_id: str) -> None:
    jobs = resources.jobs()
    try:
        {"cancel": jobs.cancel, "restart": jobs.restart, "dismiss": jobs.dismiss}[action](job_id)
    except EmbedLabError as error:
        st.toast(plain(error.what))
