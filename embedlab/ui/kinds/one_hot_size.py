"""How much room one-hot rows of a file's values would take, beside an embedding, before the file is imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.core.errors import EmbedLabError
from embedlab.core.kind import Counts
from embedlab.jobs.first_run import first_run
from embedlab.kinds.one_hot import OneHotSteps
from embedlab.kinds.registry import AnyKind
from embedlab.models.contract.base import fourth_root_rule
from embedlab.ui.widgets.parameter_form import DIMENSION_NAMES
from embedlab.ui.widgets.wording import number, size


def sentence_for(
    kind: AnyKind, counts: Counts, model_name: str | None, details: Mapping[str, Any], *, is_complete: bool
) -> str:
    """Return the sentence for data with these counts; empty where there are no values to encode.

    Parameters
    ----------
    counts, details
        What an import will probably find.
    model_name
        Of the model whose default number of dimensions is compared; None for the recommended one.
    is_complete
        Whether the counts are those of the whole file.
    """
    name = kind.one_hot_count
    n_values = 0 if name is None else int(counts.get(name, 0))
    if name is None or n_values < 1:
        return ""
    noun = kind.nouns[name]
    output_dim = _dimensions(kind, counts, model_name, details)
    said = sentence(n_values, noun.singular if n_values == 1 else noun.plural, output_dim)
    return said if is_complete else f"{said} Estimated from the first part of the file."


def sentence(n_values: int, noun: str, output_dim: int) -> str:
    """Return the length of a one-hot row, rows and columns of an embedding, and the memory of both."""
    steps = OneHotSteps("", 0, n_values, output_dim, 0, ())
    rows = number(n_values)
    return (
        f"One-hot encoding: {rows} {noun}, rows of {rows} numbers, {size(steps.one_hot_size_mb * 1e6)} in all. "
        f"Embedding: {rows} \u00d7 {number(output_dim)} numbers, {size(steps.table_size_mb * 1e6)}."
    )


def _dimensions(kind: AnyKind, counts: Counts, model_name: str | None, details: Mapping[str, Any]) -> int:
    """Return the default number of dimensions of the model that a first run trains, or else by the rule of thumb."""
    n_values = int(counts.get(kind.one_hot_count or "", 0))
    try:
        run = first_run(kind.name, counts, model_name, details)
    except EmbedLabError:
        # No model learns from this file as it is; the comparison holds all the same.
        run = None
    parameters = {} if run is None else run.parameters
    chosen = next((parameters[name] for name in DIMENSION_NAMES if isinstance(parameters.get(name), int)), None)
    return fourth_root_rule(n_values) if chosen is None else int(chosen)
