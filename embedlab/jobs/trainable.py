"""Whether a model can be trained on the current dataset."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.jobs.lineage import refuse_start
from embedlab.jobs.protocols import new_run_protocol
from embedlab.jobs.starting import refuse_unfit
from embedlab.models.registry import model as model_of
from embedlab.workspace.rows import DatasetRow
from embedlab.workspace.workspace import Workspace


def trainable(workspace: Workspace, dataset_id: str, model_name: str, parameters: Mapping[str, Any]) -> DatasetRow:
    """Return the dataset for a training; raises the errors of `Jobs.submit_training`."""
    dataset = workspace.dataset(dataset_id)
    refuse_unfit(model_name, dataset)
    refuse_start(workspace, model_name, parameters, dataset, new_run_protocol(model_name, dataset))
    model = model_of(model_name)
    if (error := model.refusal(dataset.counts, model.parameters_class.checked(parameters))) is not None:
        raise error
    return dataset
