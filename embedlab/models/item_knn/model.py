"""Nearest neighbors of items: a user is recommended what is similar to what they chose."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.item_knn.solver import BM25_B, BM25_K1, Weighting, neighbor_weights, weighted
from embedlab.models.shared.item_weights.fitting import Steps, best_on_validation, known_items, sampled_users
from embedlab.models.shared.item_weights.ranker import ItemWeightsRanker
from embedlab.models.shared.item_weights.sizes import Products
from embedlab.models.shared.item_weights.vectors import VECTOR_SIZE_HELP, with_vectors
from embedlab.models.shared.recommenders.validation import ValidationRanking
from embedlab.models.shared.script_templates import model_script

#: Candidates, from which the validation part chooses.
WEIGHTINGS: tuple[Weighting, ...] = ("none", "tf-idf", "bm25")
NEIGHBORS = (20, 50, 100, 200)
#: Without validation data.
_USUAL: tuple[Weighting, int] = ("tf-idf", 100)
#: Products of interactions of one user for each weighting that is tried.
_MOST_PRODUCTS_TO_CHOOSE = 300_000_000

Settings = tuple[Weighting, int]


class ItemKnnParameters(Parameters):
    """Parameters of the nearest neighbors of items."""

    main: ClassVar[tuple[str, ...]] = ("n_neighbors", "weighting", "shrinkage")

    n_neighbors: int | None = Field(
        None,
        title="Neighbors per item",
        ge=1,
        le=10_000,
        description="The score of an item is a sum over this many similar items. Empty: chosen on validation data.",
    )
    weighting: Weighting | None = Field(
        None,
        title="Weighting",
        description="tf-idf and bm25: users who choose many items say less about each of them. Empty: chosen on "
        "validation data.",
    )
    shrinkage: float = Field(
        10.0,
        title="Shrinkage",
        ge=0,
        le=1e6,
        description="Added to the denominator of the similarity, so that similarities that few users support count "
        "less.",
        json_schema_extra=LOG,
    )
    asymmetry: float = Field(
        0.5,
        title="Asymmetry of the cosine",
        ge=0,
        le=1,
        description="0.5: cosine. Above, popular neighbors count less, and popular items score higher.",
        json_schema_extra=ADVANCED,
    )
    vector_size: int = Field(
        64,
        title="Dimensions of the map's vectors",
        ge=2,
        le=1024,
        description=VECTOR_SIZE_HELP,
        json_schema_extra=ADVANCED,
    )


class ItemKnn(Model[ItemKnnParameters, InteractionsSplit]):
    """Nearest neighbors of items by cosine or asymmetric cosine.

    Notes
    -----
    Deshpande and Karypis, "Item-Based Top-N Recommendation Algorithms", 2004; Aiolli, "Efficient Top-N Recommendation
    for Very Large Scale Binary Rated Datasets", 2013.
    """

    name: ClassVar[str] = "item-knn"
    title: ClassVar[str] = "Item nearest neighbors"
    summary: ClassVar[str] = "Recommends items that were chosen by the same users as the user's own items."
    task: ClassVar[str] = "ranking"
    libraries: ClassVar[tuple[str, ...]] = ("numpy", "scipy", "scikit-learn")
    parameters_class = ItemKnnParameters
    abilities = (ItemWeightsRanker,)

    def defaults(self, counts: Counts) -> ItemKnnParameters:
        """Return the defaults; weighting and neighbors are chosen on validation data."""
        del counts
        return ItemKnnParameters()

    def estimate(self, counts: Counts, parameters: ItemKnnParameters, n_threads: int) -> Estimate:
        """Return the time and memory, which depend mostly on the number of interactions per user."""
        del n_threads
        n_weightings = len(WEIGHTINGS) if parameters.weighting is None else 1
        return Products.of(counts).estimate(
            n_weightings * (len(NEIGHBORS) if parameters.n_neighbors is None else 1),
            parameters.n_neighbors or max(NEIGHBORS),
            most_products=_MOST_PRODUCTS_TO_CHOOSE,
        )

    def script(self, parameters: ItemKnnParameters, data_file: str) -> str:
        """Return a script that uses NumPy and SciPy; `data_file` has the columns user, item, weight and part."""
        return model_script(
            __file__,
            parameters,
            data_file=data_file,
            weightings=list(WEIGHTINGS),
            neighbors=list(NEIGHBORS),
            bm25_k1=BM25_K1,
            bm25_b=BM25_B,
            chosen=None in (parameters.weighting, parameters.n_neighbors),
        )

    def train(self, data: InteractionsSplit, parameters: ItemKnnParameters, context: Context) -> TrainingResult:
        """Choose weighting and neighbors on the validation part, then compare items on training and validation."""
        weightings = WEIGHTINGS if parameters.weighting is None else (parameters.weighting,)
        neighbors = NEIGHBORS if parameters.n_neighbors is None else (parameters.n_neighbors,)
        steps = Steps(context, len(weightings) * len(neighbors) + 2)

        def candidates() -> Iterator[tuple[Settings, ItemWeightsRanker]]:
            for weighting in weightings:
                of_weighting = [(weighting, k) for k in neighbors]
                yield from _rankers(data.train, data.shape, of_weighting, parameters, steps, _MOST_PRODUCTS_TO_CHOOSE)

        choice = best_on_validation(
            candidates(),
            ValidationRanking.of(data),
            steps,
            context.log,
            lambda settings: f"weighting {settings[0]}, {settings[1]} neighbors",
        )
        weighting, n_neighbors = choice.settings or (
            parameters.weighting or _USUAL[0],
            parameters.n_neighbors or _USUAL[1],
        )
        ((_, ranker),) = _rankers(data.known, data.shape, [(weighting, n_neighbors)], parameters, steps)
        steps.finish()
        ranker, embeddings = with_vectors(data, ranker, parameters.vector_size, parameters.seed, steps.report)
        steps.finish()
        chosen = {"weighting": weighting, "n_neighbors": n_neighbors}
        return TrainingResult(embeddings, ranker.state(), (ranker,), {**choice.scores, **chosen})


def _rankers(
    part: Interactions,
    shape: tuple[int, int],
    settings: list[Settings],
    parameters: ItemKnnParameters,
    steps: Steps,
    most_products: int | None = None,
) -> Iterator[tuple[Settings, ItemWeightsRanker]]:
    """Yield the rankers for settings with the same weighting, learned from all users or from a sample of them."""
    items = known_items(part, shape[1])
    histories = part.matrix(*shape)[:, items]
    learned = histories if most_products is None else sampled_users(histories, most_products, parameters.seed)
    weights = neighbor_weights(
        weighted(learned, settings[0][0]),
        [k for _, k in settings],
        asymmetry=parameters.asymmetry,
        shrinkage=parameters.shrinkage,
        report=steps.report,
    )
    for each, matrix in zip(settings, weights, strict=True):
        yield each, ItemWeightsRanker(items, matrix, histories, shape[1])
