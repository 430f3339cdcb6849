"""Runs that place new texts, opened once; shared by the Ask page and the map."""

from __future__ import annotations

from embedlab.jobs.inference import has_ability, open_with_dataset
from embedlab.kinds.text.dataset import TextDataset
from embedlab.models.contract.abilities import PlacesText
from embedlab.ui.shell import resources
from embedlab.ui.shell.runs import run_of
from embedlab.workspace.rows import EmbeddingRow


def text_inference(run_id: str) -> tuple[PlacesText, TextDataset]:
    """Open what places texts in a run, and the dataset with its tokenizer; raises as the jobs do."""
    workspace = resources.workspace()
    return resources.open_cached(
        "text-inference",
        run_id,
        lambda: open_with_dataset(workspace, run_id, PlacesText, TextDataset),
        spinner="Opening the run …",
    )


def can_place_texts(row: EmbeddingRow) -> bool:
    """Return whether the run of an embedding can place new texts among its documents."""
    run = run_of(row)
    return run is not None and has_ability(run, PlacesText)
