"""The model of the map that is made with one button: the recommended one, unless the user chooses another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.core.errors import EmbedLabError
from embedlab.core.kind import Counts
from embedlab.jobs.first_run import estimate_first_run, first_run, sentence
from embedlab.kinds.registry import AnyKind
from embedlab.models.registry import MODELS, models_for
from embedlab.ui.kinds.reading_form import Fields
from embedlab.ui.shell import resources

_RECOMMENDED = "recommended"


def choose(fields: Fields, kind: AnyKind) -> str | None:
    """Draw the choice of the model; return its name, or None for the recommended one."""
    models = models_for(kind.name)
    if kind.is_embedding or not models:
        return None
    offered = [_RECOMMENDED, *(model.name for model in models)]
    chosen: str = fields.choose(
        "Model", f"model:{kind.name}", offered, _RECOMMENDED, _title, width=320, help="With its default parameters."
    )
    return None if chosen == _RECOMMENDED else chosen


def sentence_for(kind: AnyKind, counts: Counts, model_name: str | None, details: Mapping[str, Any]) -> str:
    """Return in one line what the button does for data with these counts and details: what it trains, and why."""
    try:
        run = first_run(kind.name, counts, model_name, details)
        seconds = None if run is None else estimate_first_run(resources.workspace(), run, counts).seconds
    except EmbedLabError as error:
        # No model learns from this kind: the button says so too.
        return error.what
    return sentence(run, seconds)


def _title(name: str) -> str:
    return "Recommended for the data" if name == _RECOMMENDED else MODELS[name].title
