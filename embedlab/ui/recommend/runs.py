"""The run that the Recommend page shows: which runs recommend, the current one, and opening it."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from embedlab.core.embedding import Embedding
from embedlab.core.errors import NotFoundError
from embedlab.core.plain import one_line
from embedlab.exploration.new_things.recommender import Recommender
from embedlab.jobs.inference import recommending_models
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets import long_lists
from embedlab.workspace import listing
from embedlab.workspace.rows import EmbeddingRow, RunRow, Status


@dataclass(frozen=True)
class OpenRun:
    """A run that recommends items, with its embeddings if it has any."""

    run: RunRow
    recommender: Recommender
    items_row: EmbeddingRow | None
    users_row: EmbeddingRow | None

    @property
    def items(self) -> Embedding | None:
        """The vectors of the items; None if the model has none."""
        return None if self.items_row is None else resources.load_embedding(self.items_row.id)

    @property
    def users(self) -> Embedding | None:
        """The vectors of the users; None if the model has none."""
        return None if self.users_row is None else resources.load_embedding(self.users_row.id)


def recommending_runs(words: str = "", dataset_id: str | None = None) -> listing.Found[tuple[str, str]]:
    """Return id and name of the newest finished runs that recommend items, on one dataset or on any.

    Parameters
    ----------
    words
        Only runs whose names contain these words.
    """
    return listing.find_run_names(
        resources.workspace(),
        words,
        states=[Status.SUCCEEDED],
        models=recommending_models(),
        most=long_lists.MOST_OPTIONS,
        dataset_id=dataset_id,
    )


def current_recommending_run() -> RunRow | None:
    """Return the current run if it recommends items, otherwise None."""
    run = current.current_run()
    return run if run is not None and run.status == Status.SUCCEEDED and run.model in recommending_models() else None


def choose_run(newest: listing.Found[tuple[str, str]]) -> None:
    """Draw why the current selection recommends nothing, and the runs that do; choosing one moves the selection.

    Parameters
    ----------
    newest
        Result of `recommending_runs`, with at least one run.
    """
    shown = current.current_run() or current.current_dataset()
    if shown is None:
        what = "The current embedding does not recommend items."
    elif isinstance(shown, RunRow) and shown.status != Status.SUCCEEDED and shown.model in recommending_models():
        what = f"**{plain(shown.name, 60)}** is not trained."
    else:
        what = f"**{plain(shown.name, 60)}** does not recommend items."
    st.info(f"{what} Choose a run that does.", icon=":material/star:")
    words = long_lists.search_if_more(newest.n_found, "recommend-search", "runs")
    names = dict((recommending_runs(words) if words.strip() else newest).rows)
    names = unique_names({run_id: one_line(name, 60) for run_id, name in names.items()})
    st.selectbox(
        "Run that recommends items",
        list(names),
        index=None,
        format_func=lambda run_id: names.get(run_id, run_id),
        key="recommend-run",
        placeholder="Choose a run",
        on_change=_switch_run,
        width=320,
    )


def _switch_run() -> None:
    current.put("run", st.session_state["recommend-run"])


def open_run(run: RunRow) -> OpenRun:
    """Open a run's recommendations and embeddings without TensorFlow; raises `NotFoundError` or `StorageError`."""
    recommender = resources.open_recommender(run.id)
    return OpenRun(run, recommender, _embedding_row(run, "items"), _embedding_row(run, "users"))


def _embedding_row(run: RunRow, name: str) -> EmbeddingRow | None:
    try:
        return resources.workspace().resolve_embedding(f"{run.id}/{name}")
    except NotFoundError:
        return None
