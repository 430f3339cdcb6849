"""Whether a model can be trained on the current dataset."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from embedlab.core.errors import StorageError
from embedlab.jobs.lineage import refuse_start
from embedlab.jobs.protocols import new_run_protocol
from embedlab.jobs.starting import refuse_parameters, refuse_unfit
from embedlab.kinds.protocols import Protocol
from embedlab.kinds.registry import kind as kind_of
from embedlab.models.registry import model as model_of
from embedlab.models.shared.word_rows import FEWEST_WORDS, too_few_words
from embedlab.workspace.rows import DatasetRow
from embedlab.workspace.workspace import Workspace


def trainable(workspace: Workspace, dataset_id: str, model_name: str, parameters: Mapping[str, Any]) -> DatasetRow:
    """Return the dataset for a training; raises the errors of `Jobs.submit_training`."""
    dataset = workspace.dataset(dataset_id)
    refuse_unfit(model_name, dataset)
    refuse_settings(workspace, dataset, model_name, parameters, new_run_protocol(model_name, dataset))
    return dataset


def refuse_settings(
    workspace: Workspace,
    dataset: DatasetRow,
    model_name: str,
    parameters: Mapping[str, Any],
    protocol: Protocol | None,
) -> None:
    """Raise an `EmbedLabError` if a training with these parameters cannot succeed, as far as it is known before."""
    refuse_start(workspace, model_name, parameters, dataset, protocol)
    refuse_parameters(model_name, dataset, parameters)
    min_count = getattr(model_of(model_name).parameters_class.checked(parameters), "min_count", None)
    if min_count is not None and kind_of(dataset.kind).has_words:
        try:
            n_words = _n_kept(dataset.kind, workspace.dataset_folder(dataset.id), min_count)
        except StorageError:
            # The training, which reads more of the files, says what is damaged.
            return
        if n_words < FEWEST_WORDS:
            raise too_few_words(min_count, n_words, int(dataset.counts["vocabulary"]))


@lru_cache(maxsize=1000)
def _n_kept(kind: str, folder: Path, min_count: int) -> int:
    """Return the number of words that are frequent enough; cached: the files of a dataset never change."""
    known = kind_of(kind)
    return known.kept_words(known.open(folder), min_count)[0]
