"""Implicit alternating least squares: vectors of users and items from what users chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from embedlab.core.kind import Counts
from embedlab.kinds.ratings.interactions import InteractionsSplit
from embedlab.models.contract.base import Context, Estimate, Model, TrainingResult
from embedlab.models.shared.implicit_als.costs import alternating_estimate
from embedlab.models.shared.implicit_als.parameters import AlternatingParameters
from embedlab.models.shared.implicit_als.ranker import AlternatingRanker
from embedlab.models.shared.implicit_als.search import ALPHA0_CANDIDATES, L2_CANDIDATES, SEARCH_FILE
from embedlab.models.shared.implicit_als.training import AlternatingTraining
from embedlab.models.shared.script_templates import model_script

#: From this many interactions, more dimensions pay.
_MANY_INTERACTIONS = 5_000_000


class IalsParameters(AlternatingParameters):
    """Parameters of iALS."""

    main: ClassVar[tuple[str, ...]] = ("n_factors", "l2", "alpha0")


class Ials(Model[IalsParameters, InteractionsSplit]):
    """Implicit alternating least squares with L2 regularization scaled by frequency.

    Small vectors are solved exactly, large ones in blocks of dimensions (iALS++).

    Notes
    -----
    Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", 2008; Rendle et al., "Revisiting
    the Performance of iALS on Item Recommendation Benchmarks", 2022; Rendle et al., "iALS++: Speeding up Matrix
    Factorization with Subspace Optimization", 2021.
    """

    name: ClassVar[str] = "ials"
    title: ClassVar[str] = "iALS"
    summary: ClassVar[str] = (
        "Implicit matrix factorization: vectors of users and items from what users chose, with reasons."
    )
    task: ClassVar[str] = "ranking"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("numpy", "scipy", "numba")
    files: ClassVar[tuple[str, ...]] = (SEARCH_FILE,)
    parameters_class = IalsParameters
    abilities = (AlternatingRanker,)

    def defaults(self, counts: Counts) -> IalsParameters:
        """Return more dimensions for more interactions; L2 and the weight of unobserved pairs are chosen."""
        return IalsParameters(n_factors=128 if counts["ratings"] >= _MANY_INTERACTIONS else 64)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return settings of publications, and constant L2 regularization."""
        return {
            "MovieLens 20M as published (256 dimensions)": {
                "n_factors": 256,
                "l2": 0.003,
                "alpha0": 0.1,
                "solver": "blocks",
                "block_size": 128,
            },
            "constant L2 regularization (nu = 0)": {"nu": 0.0},
        }

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for recommendations and implicit feedback."""
        del counts
        return "Recommends items from what users chose, with reasons, and places users and items in one space."

    def estimate(self, counts: Counts, parameters: IalsParameters, n_threads: int) -> Estimate:
        """Return the time and memory; both depend on the number of interactions and the square of the vector size."""
        return alternating_estimate(counts, parameters, n_threads)

    def script(self, parameters: IalsParameters, data_file: str) -> str:
        """Return a script that uses `embedlab`; `data_file` has the columns user, item, weight and part."""
        choose = parameters.l2 is None or parameters.alpha0 is None
        return model_script(
            __file__,
            parameters,
            data_file=data_file,
            block=parameters.block,
            choose=choose,
            l2_candidates=L2_CANDIDATES,
            alpha0_candidates=ALPHA0_CANDIDATES,
        )

    def train(self, data: InteractionsSplit, parameters: IalsParameters, context: Context) -> TrainingResult:
        """Choose `l2` and `alpha0` on the validation part, train, and train again with the validation part."""
        return AlternatingTraining(data, parameters, context).result()
