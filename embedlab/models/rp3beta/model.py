"""RP3beta: random walks from a user's items over other users to new items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit
from embedlab.models.contract.base import ADVANCED, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.rp3beta.solver import walk_weights
from embedlab.models.shared.item_weights.fitting import Steps, best_on_validation, known_items, sampled_users
from embedlab.models.shared.item_weights.ranker import ItemWeightsRanker
from embedlab.models.shared.item_weights.sizes import Products
from embedlab.models.shared.item_weights.vectors import VECTOR_SIZE_HELP, with_vectors
from embedlab.models.shared.recommenders.validation import ValidationRanking
from embedlab.models.shared.script_templates import model_script

#: Candidates, from which the validation part chooses.
ALPHAS = (0.6, 0.8, 1.0, 1.4)
BETAS = (0.2, 0.35, 0.5)
NEIGHBORS = (100, 200, 400)
#: Without validation data; and the number of neighbors with which alpha and beta are chosen.
_USUAL = (0.8, 0.35, 200)
#: Products of interactions of one user for each alpha that is tried.
_MOST_PRODUCTS_TO_CHOOSE = 300_000_000

Settings = tuple[float, float, int]


class Rp3BetaParameters(Parameters):
    """Parameters of RP3beta."""

    main: ClassVar[tuple[str, ...]] = ("alpha", "beta", "n_neighbors")

    alpha: float | None = Field(
        None,
        title="Exponent of the walk (alpha)",
        ge=0,
        le=3,
        description="Exponent of the probability of each step. Above 1, frequent steps count more. Empty: chosen on "
        "validation data.",
    )
    beta: float | None = Field(
        None,
        title="Popularity penalty (beta)",
        ge=0,
        le=2,
        description="Exponent of the penalty for popular items; 0: no penalty. Empty: chosen on validation data.",
    )
    n_neighbors: int | None = Field(
        None,
        title="Neighbors per item",
        ge=1,
        le=10_000,
        description="Each item keeps this many of its largest weights. Empty: chosen on validation data.",
    )
    vector_size: int = Field(
        64,
        title="Dimensions of the map's vectors",
        ge=2,
        le=1024,
        description=VECTOR_SIZE_HELP,
        json_schema_extra=ADVANCED,
    )


class Rp3Beta(Model[Rp3BetaParameters, InteractionsSplit]):
    """Random walks of three steps, with sparse weights: it needs little memory and time.

    Notes
    -----
    Paudel, Christoffel, Newell and Bernstein, "Updatable, Accurate, Diverse, and Scalable Recommendations for
    Interactive Applications", 2017.
    """

    name: ClassVar[str] = "rp3beta"
    title: ClassVar[str] = "RP3beta"
    summary: ClassVar[str] = "Walks from the user's items to other users and on to their items: fast and sparse."
    task: ClassVar[str] = "ranking"
    libraries: ClassVar[tuple[str, ...]] = ("numpy", "scipy", "scikit-learn")
    parameters_class = Rp3BetaParameters
    abilities = (ItemWeightsRanker,)

    def defaults(self, counts: Counts) -> Rp3BetaParameters:
        """Return the defaults; exponents and neighbors are chosen on validation data."""
        del counts
        return Rp3BetaParameters()

    def estimate(self, counts: Counts, parameters: Rp3BetaParameters, n_threads: int) -> Estimate:
        """Return the time and memory, which depend mostly on the number of interactions per user."""
        del n_threads
        n_alphas = len(ALPHAS) if parameters.alpha is None else 1
        return Products.of(counts).estimate(
            n_alphas * (len(BETAS) if parameters.beta is None else 1),
            parameters.n_neighbors or max(NEIGHBORS),
            most_products=_MOST_PRODUCTS_TO_CHOOSE,
        )

    def script(self, parameters: Rp3BetaParameters, data_file: str) -> str:
        """Return a script that uses NumPy and SciPy; `data_file` has the columns user, item, weight and part."""
        return model_script(
            __file__,
            parameters,
            data_file=data_file,
            alphas=list(ALPHAS),
            betas=list(BETAS),
            neighbors=list(NEIGHBORS),
            chosen=None in (parameters.alpha, parameters.beta, parameters.n_neighbors),
        )

    def train(self, data: InteractionsSplit, parameters: Rp3BetaParameters, context: Context) -> TrainingResult:
        """Choose exponents and neighbors on the validation part, then walk on training and validation."""
        validation = ValidationRanking.of(data)
        alphas = ALPHAS if parameters.alpha is None else (parameters.alpha,)
        betas = BETAS if parameters.beta is None else (parameters.beta,)
        neighbors = NEIGHBORS if parameters.n_neighbors is None else (parameters.n_neighbors,)
        first_neighbors = parameters.n_neighbors or _USUAL[2]
        steps = Steps(context, len(alphas) * len(betas) + (len(neighbors) > 1) * len(neighbors) + 2)
        train = _Walks(data.train, data.shape, _MOST_PRODUCTS_TO_CHOOSE, parameters.seed)

        def exponents() -> Iterator[tuple[Settings, ItemWeightsRanker]]:
            for alpha in alphas:
                yield from train.rankers([(alpha, beta, first_neighbors) for beta in betas], steps)

        def describe(settings: Settings) -> str:
            return f"alpha {settings[0]:g}, beta {settings[1]:g}, {settings[2]} neighbors"

        choice = best_on_validation(exponents(), validation, steps, context.log, describe)
        if choice.settings is not None and len(neighbors) > 1:
            alpha, beta, _ = choice.settings
            with_neighbors = train.rankers([(alpha, beta, k) for k in neighbors], steps)
            choice = best_on_validation(with_neighbors, validation, steps, context.log, describe)
        alpha, beta, n_neighbors = choice.settings or (
            _USUAL[0] if parameters.alpha is None else parameters.alpha,
            _USUAL[1] if parameters.beta is None else parameters.beta,
            first_neighbors,
        )
        known = _Walks(data.known, data.shape)
        ((_, ranker),) = known.rankers([(alpha, beta, n_neighbors)], steps)
        steps.finish()
        ranker, embeddings = with_vectors(data, ranker, parameters.vector_size, parameters.seed, steps.report)
        steps.finish()
        chosen = {"alpha": alpha, "beta": beta, "n_neighbors": n_neighbors}
        return TrainingResult(embeddings, ranker.state(), (ranker,), {**choice.scores, **chosen})


class _Walks:
    """Rankers from the interactions of one part.

    Parameters
    ----------
    part, shape
        The interactions; number of users and items in the dataset.
    most_products, seed
        If given, the weights are computed from so few users that an item-to-item product takes at most this many
        products.
    """

    def __init__(
        self, part: Interactions, shape: tuple[int, int], most_products: int | None = None, seed: int = 0
    ) -> None:
        self._items = known_items(part, shape[1])
        self._n_items = shape[1]
        self._histories = part.matrix(*shape)[:, self._items]
        self._learned = self._histories
        if most_products is not None:
            self._learned = sampled_users(self._histories, most_products, seed)

    def rankers(self, settings: list[Settings], steps: Steps) -> Iterator[tuple[Settings, ItemWeightsRanker]]:
        """Yield the rankers for settings with the same alpha."""
        weights = walk_weights(
            self._learned, settings[0][0], [each[1] for each in settings], [each[2] for each in settings], steps.report
        )
        for each, matrix in zip(settings, weights, strict=True):
            yield each, ItemWeightsRanker(self._items, matrix, self._histories, self._n_items)
