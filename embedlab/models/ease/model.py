"""EASE: how much each chosen item speaks for each other item, in closed form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from embedlab.core.embedding import Embedding
from embedlab.core.kind import Counts
from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.ease.ranker import ItemWeightsRanker
from embedlab.models.ease.solver import fit_ease
from embedlab.models.shared.ranking_validation import VALIDATION_NDCG, ValidationRanking
from embedlab.models.shared.rating_embeddings import side_embedding
from embedlab.models.shared.script_templates import model_script

#: Candidates for `l2`, from which the validation part chooses.
L2_CANDIDATES = (50.0, 100.0, 200.0, 400.0, 800.0)
#: The choice depends little on rare items, and an inversion takes time in the cube of their number.
MOST_ITEMS_TO_CHOOSE = 3_000
#: Measured on a 2-core laptop-class machine: start, one multiplication of the inversion, one interaction.
_START_S = 1.5
_PRODUCT_S = 2.5e-11
_INTERACTION_S = 1e-6
_START_MB = 200.0


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
        le=60_000,
        description="Only this many of the most popular items are learned: memory grows with the square of their "
        "number, time with the cube.",
    )
    vector_size: int = Field(
        64,
        title="Dimensions of the map's vectors",
        ge=2,
        le=1024,
        description="Vector size of the item embedding: the largest singular vectors of the weights. Recommendations "
        "use the weights themselves.",
    )
    dropout: float = Field(
        0.0,
        title="Dropout (EDLAE)",
        ge=0,
        lt=1,
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
    libraries: ClassVar[tuple[str, ...]] = ("numpy", "scipy")
    parameters_class = EaseParameters
    abilities = (ItemWeightsRanker,)

    def defaults(self, counts: Counts) -> EaseParameters:
        """Return the defaults; the L2 regularization is chosen on validation data."""
        del counts
        return EaseParameters()

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
        return Estimate(float(seconds), float(_START_MB + (12 * n_items**2 + counts["ratings"] * 40) / 1e6))

    def script(self, parameters: EaseParameters, data_file: str) -> str:
        """Return a script that uses NumPy and SciPy; `data_file` has the columns user, item, weight and part."""
        return model_script(__file__, parameters, data_file=data_file, candidates=list(L2_CANDIDATES))

    def train(self, data: InteractionsSplit, parameters: EaseParameters, context: Context) -> TrainingResult:
        """Choose `l2` on the validation part, then solve on training and validation."""
        validation = ValidationRanking.of(data)
        n_epochs = 1
        done = 0

        def report() -> None:
            context.progress(epoch=0, n_epochs=1, share_of_epoch=min(done / n_epochs, 1.0))

        def fit(part: Interactions, l2: float, most_items: int) -> ItemWeightsRanker:
            return fit_ease(part, data.shape, l2, dropout=parameters.dropout, most_items=most_items)

        report()
        scores: dict[str, float] = {}
        l2 = parameters.l2
        if l2 is None:
            n_epochs = len(L2_CANDIDATES) + 1
            found: dict[float, dict[str, float]] = {}
            for candidate in L2_CANDIDATES if validation else ():
                on_train = fit(data.train, candidate, MOST_ITEMS_TO_CHOOSE)
                found[candidate] = validation.scores(on_train, report)
                done += 1
                context.record(done, l2=candidate, **found[candidate])
                report()
            l2 = max(found, key=lambda each: found[each][VALIDATION_NDCG]) if found else L2_CANDIDATES[1]
            scores = {**found.get(l2, {})}
            context.log(f"L2 regularization: {l2:g}")
        elif validation:
            on_train = fit(data.train, l2, parameters.most_items)
            scores = validation.scores(on_train, report)
            context.record(1, **scores)
        ranker = fit(data.known, l2, parameters.most_items)
        report()
        items = _embedding(data, ranker, parameters)
        return TrainingResult({"items": items}, ranker.state(), (ranker,), {**scores, "l2": l2})


def _embedding(data: InteractionsSplit, ranker: ItemWeightsRanker, parameters: EaseParameters) -> Embedding:
    from sklearn.utils.extmath import randomized_svd

    n_items = data.shape[1]
    size = min(parameters.vector_size, len(ranker.items))
    left, values, _ = randomized_svd(ranker.weights, size, random_state=parameters.seed)
    vectors: npt.NDArray[np.float32] = np.zeros((n_items, size), np.float32)
    vectors[ranker.items] = left * np.sqrt(values)
    is_known = np.zeros(n_items, bool)
    is_known[ranker.items] = True
    return side_embedding(data.dataset.items, vectors, is_known)
