"""PCA whitening: principal components of the standardized columns, each with variance 1."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from embedlab.core.errors import EmbedLabError, TooLargeError
from embedlab.core.kind import Counts
from embedlab.models.contract.base import ADVANCED, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.shared.dense_rows.components import Components, pca_placer, principal_components
from embedlab.models.shared.dense_rows.placer import RowPlacer
from embedlab.models.shared.dense_rows.result import dense_result, explained_variance, squared_errors
from embedlab.models.shared.dense_rows.scaling import ScalingMethod, fit_scaling
from embedlab.models.shared.dense_rows.sizes import (
    START_MB,
    START_S,
    default_size,
    dense_seconds,
    dense_sizes,
    table_mb,
)
from embedlab.models.shared.dense_rows.split import RowsSplit
from embedlab.models.shared.script_templates import model_script

#: The covariance matrix of this many columns takes 800 MB and minutes.
MOST_COLUMNS = 10_000
#: Measured on a 2-core laptop-class machine: one product of the covariance, one step of its eigenvalues.
_PRODUCT_S = 1.5e-10
_EIGEN_S = 1.5e-9


class PcaWhiteningParameters(Parameters):
    """Parameters of PCA whitening."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "explained_share", "whiten")

    vector_size: int = Field(
        16,
        title="Dimensions",
        ge=1,
        le=MOST_COLUMNS,
        description="Number of principal components, at most the number of columns that vary independently.",
    )
    explained_share: float | None = Field(
        None,
        title="Explained share of the variance",
        gt=0,
        le=1,
        description="As many components as explain this share of the variance, instead of Dimensions. Empty: as many "
        "as Dimensions says.",
    )
    whiten: bool = Field(
        True,
        title="Whiten",
        description="Divide each component by its standard deviation, so that all count the same: distances are then "
        "Mahalanobis distances. Without, strong components count more.",
    )
    scaling: ScalingMethod = Field(
        "mean_std",
        title="Scaling",
        description="Scaling of the columns before the PCA. mean_std: standard deviation 1. median_iqr: interquartile "
        "range 1.349, which is robust to outliers.",
        json_schema_extra=ADVANCED,
    )


class PcaWhitening(Model[PcaWhiteningParameters, RowsSplit]):
    """Principal component analysis of standardized columns, whitened unless switched off.

    Notes
    -----
    Jolliffe, "Principal Component Analysis", 2002; Kessy, Lewin and Strimmer, "Optimal Whitening and Decorrelation",
    2018.
    """

    name: ClassVar[str] = "pca-whitening"
    title: ClassVar[str] = "PCA whitening"
    summary: ClassVar[str] = "Compares rows by uncorrelated components, so that similar columns do not count twice."
    task: ClassVar[str] = "rows"
    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    parameters_class = PcaWhiteningParameters
    abilities = (RowPlacer,)
    own_baselines: ClassVar[tuple[str, ...]] = ("pca",)

    def defaults(self, counts: Counts) -> PcaWhiteningParameters:
        """Return half as many components as columns, from 2 to 16."""
        return PcaWhiteningParameters(vector_size=default_size(counts))

    def recommendation_for(self, counts: Counts, details: Mapping[str, Any]) -> str:
        """Recommend it for tables without a target."""
        if details.get("target") or not counts.get("numbers"):
            return ""
        return "The best linear summary of numeric columns. It takes seconds and can place new rows."

    def estimate(self, counts: Counts, parameters: PcaWhiteningParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts alone."""
        del n_threads
        n_rows, n_columns = dense_sizes(counts)
        size = n_columns if parameters.explained_share is not None else min(parameters.vector_size, n_columns)
        seconds = dense_seconds(n_rows, n_columns) + n_rows * n_columns**2 * _PRODUCT_S + n_columns**3 * _EIGEN_S
        memory = table_mb(n_rows, size) + 5 * 8 * n_columns**2 / 1e6
        return Estimate(START_S + seconds, START_MB + memory)

    def refusal(
        self, counts: Counts, parameters: PcaWhiteningParameters, details: Mapping[str, Any]
    ) -> EmbedLabError | None:
        """Refuse tables that are too wide for a covariance matrix."""
        del parameters, details
        _, n_columns = dense_sizes(counts)
        if n_columns <= MOST_COLUMNS:
            return None
        return TooLargeError(
            f"PCA is computed for at most {MOST_COLUMNS:,} columns.",
            received=f"{n_columns:,} columns",
            remedy="Train an autoencoder, or import fewer columns.",
        )

    def script(self, parameters: PcaWhiteningParameters, data_file: str) -> str:
        """Return a script with scikit-learn alone."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: RowsSplit, parameters: PcaWhiteningParameters, context: Context) -> TrainingResult:
        """Fit the components to the training and validation rows."""
        rows = data.known
        scaling = fit_scaling(data, rows, parameters.scaling)
        components = principal_components(
            data, rows, scaling, lambda share: context.progress(epoch=0, n_epochs=1, share_of_epoch=0.5 * share)
        )
        n = _n_components(components, parameters, context)
        explained = float(components.explained[n - 1])
        context.record(1, explained_variance=explained)
        context.log(f"{n} components explain {explained:.1%} of the variance")
        placer = pca_placer(tuple(data.columns), scaling, components, n, whiten=parameters.whiten)
        scores: dict[str, float] = {"explained_variance": explained}
        validation = explained_variance(*squared_errors(data, data.validation, placer))
        if validation is not None:
            scores["validation_explained_variance"] = validation
        return dense_result(data, placer, context, scores=scores)


def _n_components(components: Components, parameters: PcaWhiteningParameters, context: Context) -> int:
    most = len(components.variances)
    if parameters.explained_share is not None:
        return components.n_for_share(parameters.explained_share)
    if parameters.vector_size > most:
        context.log(f"vector_size {most} instead of {parameters.vector_size}: no more components have a variance")
    return min(parameters.vector_size, most)
