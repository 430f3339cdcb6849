"""Standardization: each column with mean 0 and variance 1, and the rows as they are."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.models.contract.base import Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.shared.dense_rows.placer import RowPlacer
from embedlab.models.shared.dense_rows.result import dense_result
from embedlab.models.shared.dense_rows.scaling import ScalingMethod, fit_scaling
from embedlab.models.shared.dense_rows.sizes import START_MB, START_S, dense_seconds, dense_sizes, table_mb
from embedlab.models.shared.dense_rows.split import RowsSplit
from embedlab.models.shared.script_templates import model_script

SCALING_HELP = (
    "mean_std: mean 0 and standard deviation 1. median_iqr: median 0 and interquartile range 1.349, which is robust "
    "to outliers."
)


class StandardizationParameters(Parameters):
    """Parameters of standardization."""

    main: ClassVar[tuple[str, ...]] = ("scaling",)

    scaling: ScalingMethod = Field("mean_std", title="Scaling", description=SCALING_HELP)


class Standardization(Model[StandardizationParameters, RowsSplit]):
    """The standardized columns are the vector of a row."""

    name: ClassVar[str] = "standardization"
    title: ClassVar[str] = "Standardization"
    summary: ClassVar[str] = "Compares rows by all numeric columns, each on the same scale. Nothing is left out."
    task: ClassVar[str] = "rows"
    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    parameters_class = StandardizationParameters
    abilities = (RowPlacer,)
    own_baselines: ClassVar[tuple[str, ...]] = ("standardized",)

    def defaults(self, counts: Counts) -> StandardizationParameters:
        """Return the same parameters for every table."""
        del counts
        return StandardizationParameters()

    def estimate(self, counts: Counts, parameters: StandardizationParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts alone."""
        del parameters, n_threads
        n_rows, n_columns = dense_sizes(counts)
        return Estimate(START_S + dense_seconds(n_rows, n_columns), START_MB + table_mb(n_rows, n_columns))

    def script(self, parameters: StandardizationParameters, data_file: str) -> str:
        """Return a script with scikit-learn alone."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: RowsSplit, parameters: StandardizationParameters, context: Context) -> TrainingResult:
        """Fit center and scale to the training and validation rows."""
        scaling = fit_scaling(data, data.known, parameters.scaling)
        context.progress(epoch=0, n_epochs=1, share_of_epoch=0.5)
        placer = RowPlacer(tuple(data.columns), scaling, (), (), "linear", np.zeros(len(data.columns), np.float32))
        return dense_result(data, placer, context)
