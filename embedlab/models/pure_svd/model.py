"""PureSVD: a truncated singular value decomposition of which user chose which item."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit
from embedlab.models.contract.base import Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.pure_svd.ranker import ProjectionRanker
from embedlab.models.shared.item_weights.fitting import Steps, best_on_validation
from embedlab.models.shared.item_weights.stepwise_svd import stepwise_svd
from embedlab.models.shared.recommenders.embeddings import side_embedding
from embedlab.models.shared.recommenders.validation import ValidationRanking
from embedlab.models.shared.script_templates import model_script

#: Candidates for `n_factors`, from which the validation part chooses.
N_FACTORS = (2, 4, 8, 16, 32, 64, 128)
#: Without validation data.
_USUAL_FACTORS = 32
#: Measured on a 2-core laptop-class machine: start, one interaction and factor, one number of a dense table and factor,
#: one score of a validation user.
_START_S = 1.5
_INTERACTION_S = 1.2e-8
_NUMBER_S = 4e-9
_SCORE_S = 1.5e-8
_START_MB = 200.0
_VALIDATION_USERS = 3_000


class PureSvdParameters(Parameters):
    """Parameters of PureSVD."""

    main: ClassVar[tuple[str, ...]] = ("n_factors",)

    n_factors: int | None = Field(
        None,
        title="Dimensions",
        ge=1,
        le=1024,
        description="Vector size (dimensions): the largest singular values of the matrix of users and items. Empty: "
        "chosen on validation data.",
    )


class PureSvd(Model[PureSvdParameters, InteractionsSplit]):
    """The truncated SVD of the matrix of interactions, with zeros for all other items.

    Notes
    -----
    Cremonesi, Koren and Turrin, "Performance of Recommender Algorithms on Top-N Recommendation Tasks", 2010; Halko,
    Martinsson and Tropp, "Finding Structure with Randomness", 2011.
    """

    name: ClassVar[str] = "pure-svd"
    title: ClassVar[str] = "PureSVD"
    summary: ClassVar[str] = "Compresses the table of users and items to a few dimensions, without any training."
    task: ClassVar[str] = "ranking"
    libraries: ClassVar[tuple[str, ...]] = ("numpy", "scipy", "scikit-learn")
    parameters_class = PureSvdParameters
    abilities = (ProjectionRanker,)

    def defaults(self, counts: Counts) -> PureSvdParameters:
        """Return the defaults; the number of factors is chosen on validation data."""
        del counts
        return PureSvdParameters()

    def estimate(self, counts: Counts, parameters: PureSvdParameters, n_threads: int) -> Estimate:
        """Return the time and memory of the decompositions."""
        del n_threads
        candidates = N_FACTORS if parameters.n_factors is None else (parameters.n_factors,)
        n_rows = counts["users"] + counts["items"]
        k = max(candidates)
        svd_s = counts["ratings"] * k * _INTERACTION_S + n_rows * k * k * _NUMBER_S
        scoring_s = min(counts["users"], _VALIDATION_USERS) * counts["items"] * _SCORE_S
        seconds = _START_S + 2 * svd_s + len(candidates) * scoring_s
        return Estimate(float(seconds), float(_START_MB + (counts["ratings"] * 40 + n_rows * k * 24) / 1e6))

    def script(self, parameters: PureSvdParameters, data_file: str) -> str:
        """Return a script that uses scikit-learn; `data_file` has the columns user, item, weight and part."""
        return model_script(__file__, parameters, data_file=data_file, candidates=list(N_FACTORS))

    def train(self, data: InteractionsSplit, parameters: PureSvdParameters, context: Context) -> TrainingResult:
        """Choose the number of factors on the validation part, then decompose training and validation."""
        candidates = N_FACTORS if parameters.n_factors is None else (parameters.n_factors,)
        validation = ValidationRanking.of(data)
        steps = Steps(context, 2 + len(candidates))

        def candidate_rankers() -> Iterator[tuple[int, ProjectionRanker]]:
            # One decomposition contains all smaller ones.
            whole = decompose(data.train, data.shape, max(candidates), parameters.seed, steps.report)
            for k in candidates:
                yield k, ProjectionRanker(whole.user_vectors[:, :k], whole.item_vectors[:, :k], whole.seen_items)

        choice = best_on_validation(candidate_rankers(), validation, steps, context.log, lambda k: f"{k} dimensions")
        n_factors = choice.settings or parameters.n_factors or _USUAL_FACTORS
        ranker = decompose(data.known, data.shape, n_factors, parameters.seed, steps.report)
        steps.finish()
        seen_users = np.bincount(data.known.users, minlength=data.shape[0]) > 0
        embeddings = {
            "users": side_embedding(data.dataset.users, ranker.user_vectors, seen_users),
            "items": side_embedding(data.dataset.items, ranker.item_vectors, ranker.seen_items),
        }
        steps.finish()
        return TrainingResult(embeddings, ranker.state(), (ranker,), {**choice.scores, "n_factors": n_factors})


def decompose(
    part: Interactions,
    shape: tuple[int, int],
    n_factors: int,
    seed: int,
    report: Callable[[float], None] = lambda _: None,
) -> ProjectionRanker:
    """Return the largest right singular vectors as item vectors, and the projections of the users onto them.

    Parameters
    ----------
    part, shape
        The interactions; number of users and items in the dataset.
    n_factors
        Number of singular vectors; less than there are users and items. All of them would give back the interactions
        as they are, and score everything else by rounding errors.
    seed
        Of the randomized decomposition.
    report
        Called with the completed share; may raise to stop.
    """
    seen_items = np.bincount(part.items, minlength=shape[1]) > 0
    matrix = part.matrix(*shape)
    known = matrix[:, np.flatnonzero(seen_items)]
    size = min(n_factors, max(1, min(known.shape) - 1))
    _, _, right = stepwise_svd(known, size, seed, report)
    vectors: npt.NDArray[np.float32] = np.zeros((shape[1], size), np.float32)
    vectors[seen_items] = right.T
    return ProjectionRanker(np.asarray(matrix @ vectors, dtype=np.float32), vectors, seen_items)
