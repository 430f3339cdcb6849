"""EASE: how much each chosen item speaks for each other item, in closed form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.kind import Counts
from embedlab.core.memory import memory_limit_mb
from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.ease.solver import fit_ease
from embedlab.models.shared.item_weights.fitting import Steps, best_on_validation
from embedlab.models.shared.item_weights.ranker import ItemWeightsRanker
from embedlab.models.shared.item_weights.vectors import VECTOR_SIZE_HELP, with_vectors
from embedlab.models.shared.recommenders.validation import ValidationRanking
from embedlab.models.shared.script_templates import model_script

#: Candidates for `l2`, from which the validation part chooses.
L2_CANDIDATES = (50.0, 100.0, 200.0, 400.0, 800.0)
#: Without validation data.
_USUAL_L2 = 100.0
#: The choice depends little on rare items, and an inversion takes time in the cube of their number.
MOST_ITEMS_TO_CHOOSE = 3_000
#: Measured on a 2-core laptop-class machine: start, one multiplication of the inversion, one interaction.
_START_S = 1.5
_PRODUCT_S = 2.5e-11
_INTERACTION_S = 1e-6
_START_MB = 200.0
#: The matrix, and the parts of a second one that the solver and the decomposition work on.
_MATRIX_BYTES = 6


class EaseParameters(Parameters):
    """Parameters of EASE."""

    main: ClassVar[tuple[str, ...]] = ("l2", "most_items", "vector_size")

    l2: float | None = Field(
        None,
        title="L2 regularization",
        gt=0,
        le=1e7,
        description="L2 regularization of the weights. Empty: chosen on validation data.",
        json_schema_extra=LOG,
    )
    most_items: int = Field(
        10_000,
        title="Maximum number of items",
        ge=2,
        le=200_000,
        description="Only this many of the most popular items are learned: memory grows with the square of their "
        "number, time with the cube.",
    )
    vector_size: int = Field(64, title="Dimensions of the map's vectors", ge=2, le=1024, description=VECTOR_SIZE_HELP)
    dropout: float = Field(
        0.0,
        title="Dropout (EDLAE)",
        ge=0,
        le=0.99,
        description="Share of the items of a user that are dropped at random in training (EDLAE); 0 is EASE.",
        json_schema_extra=ADVANCED,
    )


class Ease(Model[EaseParameters, InteractionsSplit]):
    """EASE in closed form, with its EDLAE option.

    Notes
    -----
    Steck, "Embarrassingly Shallow Autoencoders for Sparse Data", 2019.
    """

    name: ClassVar[str] = "ease"
    title: ClassVar[str] = "EASE"
    summary: ClassVar[str] = "Learns how much each chosen item speaks for each other item, in one step."
    task: ClassVar[str] = "ranking"
    libraries: ClassVar[tuple[str, ...]] = ("numpy", "scipy", "scikit-learn")
    parameters_class = EaseParameters
    abilities = (ItemWeightsRanker,)
    own_baselines: ClassVar[tuple[str, ...]] = ("ease",)

    def defaults(self, counts: Counts) -> EaseParameters:
        """Return the defaults; the L2 regularization is chosen on validation data."""
        del counts
        return EaseParameters()

    def refusal(self, counts: Counts, parameters: EaseParameters, details: Mapping[str, Any]) -> EmbedLabError | None:
        """Refuse more items than fit into memory."""
        del details
        needed_mb, limit_mb = self.estimate(counts, parameters, 1).memory_mb, memory_limit_mb()
        if needed_mb <= limit_mb:
            return None
        n_items = min(int(counts["items"]), parameters.most_items)
        return InputError(
            f"EASE of {n_items:,} items does not fit into memory.",
            received=f"{needed_mb / 1e3:,.1f} GB, of {limit_mb / 1e3:,.1f} GB",
            remedy="Choose a smaller most_items, or train rp3beta, which needs only the nearest items of each item.",
        )

    def recommendation_for(self, counts: Counts, details: Mapping[str, Any]) -> str:
        """Recommend it for implicit feedback; ratings have models that predict them."""
        if details.get("feedback") != "implicit":
            return self.recommendation(counts)
        return "Learns from what users chose which items go together, and is scored on choices it has not seen."

    def estimate(self, counts: Counts, parameters: EaseParameters, n_threads: int) -> Estimate:
        """Return the time and memory, which depend on the number of items."""
        n_items = min(counts["items"], parameters.most_items)
        n_to_choose = min(n_items, MOST_ITEMS_TO_CHOOSE)
        n_products = n_items**3 + (parameters.l2 is None) * len(L2_CANDIDATES) * n_to_choose**3
        seconds = _START_S + n_products * _PRODUCT_S / max(1, n_threads) + counts["ratings"] * _INTERACTION_S
        memory_mb = _START_MB + (_MATRIX_BYTES * n_items**2 + counts["ratings"] * 40) / 1e6
        return Estimate(float(seconds), float(memory_mb))

    def script(self, parameters: EaseParameters, data_file: str) -> str:
        """Return a script that uses NumPy and SciPy; `data_file` has the columns user, item, weight and part."""
        return model_script(__file__, parameters, data_file=data_file, candidates=list(L2_CANDIDATES))

    def train(self, data: InteractionsSplit, parameters: EaseParameters, context: Context) -> TrainingResult:
        """Choose `l2` on the validation part, then solve on training and validation."""
        n_users, n_items = data.shape
        counts = {"ratings": len(data.known), "users": n_users, "items": n_items}
        if (error := self.refusal(counts, parameters, {})) is not None:
            raise error
        candidates = L2_CANDIDATES if parameters.l2 is None else (parameters.l2,)
        n_to_choose = MOST_ITEMS_TO_CHOOSE if parameters.l2 is None else parameters.most_items
        steps = Steps(context, len(candidates) + 2)

        def fit(part: Interactions, l2: float, most_items: int) -> ItemWeightsRanker:
            most = min(most_items, parameters.most_items)
            return fit_ease(part, data.shape, l2, dropout=parameters.dropout, most_items=most, report=steps.report)

        def candidate_rankers() -> Iterator[tuple[float, ItemWeightsRanker]]:
            for l2 in candidates:
                yield l2, fit(data.train, l2, n_to_choose)

        choice = best_on_validation(
            candidate_rankers(), ValidationRanking.of(data), steps, context.log, lambda l2: f"L2 {l2:g}"
        )
        l2 = choice.settings or parameters.l2 or _USUAL_L2
        ranker = fit(data.known, l2, parameters.most_items)
        steps.finish()
        ranker, embeddings = with_vectors(data, ranker, parameters.vector_size, parameters.seed, steps.report)
        steps.finish()
        return TrainingResult(embeddings, ranker.state(), (ranker,), {**choice.scores, "l2": l2})
