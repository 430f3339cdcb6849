"""Matrix factorisation of ratings: a vector for each user and item whose dot product predicts the rating."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from embedlab.datasets.base import Counts, Kind
from embedlab.datasets.splits import Ratings, RatingsSplit
from embedlab.embedding import KEY_COLUMN, LABEL_COLUMN, Embedding
from embedlab.errors import InputError
from embedlab.models import keras_training, rating_scripts
from embedlab.models.base import (
    SNAPSHOT_KEYS,
    Context,
    Estimate,
    Model,
    NetworkLayer,
    Parameters,
    Predictor,
    State,
    TrainingResult,
    fourth_root_rule,
)
from embedlab.models.rating_predictor import FactorPredictor

BIAS_COLUMN = "bias"

_ADVANCED = {"advanced": True}


class MatrixFactorizationParameters(Parameters):
    """Parameters of matrix factorisation."""

    n_factors: int = Field(16, ge=1, le=1024, description="Numbers in each vector; the fourth-root rule gives a start.")
    epochs: int = Field(40, ge=1, le=10_000, description="How often all ratings are gone through, at most.")
    patience: int = Field(
        5,
        ge=0,
        le=1000,
        description="Stop when the validation error has not improved for this many epochs and keep the best; 0: never.",
    )
    biases: bool = Field(True, description="Learn how generous each user and how liked each item is.")
    l2: float = Field(
        12.0,
        ge=0,
        le=1e6,
        description="Strength of the prior that vectors are short: as if each had so many indifferent ratings.",
        json_schema_extra={"log": True},
    )
    l2_biases: float = Field(
        3.0,
        ge=0,
        le=1e6,
        description="Strength of the prior that biases are small, in the same unit.",
        json_schema_extra={"log": True, **_ADVANCED},
    )
    learning_rate: float = Field(
        0.005, gt=0, le=1, description="Size of Adam's steps.", json_schema_extra={"log": True, **_ADVANCED}
    )
    batch_size: int = Field(
        1000, ge=1, le=1_000_000, description="Ratings in a step.", json_schema_extra={"log": True, **_ADVANCED}
    )


@dataclass
class _Best:
    """The weights of the epoch with the lowest validation error so far."""

    rmse: float
    epoch: int
    weights: dict[str, npt.NDArray[np.float32]]


class MatrixFactorization(Model[MatrixFactorizationParameters, RatingsSplit]):
    """Biased matrix factorisation trained in Keras by Adam on the squared error.

    The objective is ``sum (r - p_u . q_i - b_u - b_i)^2 + l2 (|P|^2 + |Q|^2) + l2_biases (|b_u|^2 + |b_i|^2)`` over
    ratings that were made standard (mean 0, deviation 1), which keeps the defaults useful for any rating scale.

    Notes
    -----
    Koren, Bell and Volinsky, "Matrix Factorization Techniques for Recommender Systems", 2009;
    Salakhutdinov and Mnih, "Probabilistic Matrix Factorization", 2007.
    """

    name: ClassVar[str] = "matrix-factorization"
    title: ClassVar[str] = "Matrix factorisation"
    summary: ClassVar[str] = "Places users and items so that their dot product predicts the rating."
    kind: ClassVar[Kind] = Kind.RATINGS
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("keras", keras_training.tensorflow_distribution())
    parameters_class = MatrixFactorizationParameters
    predictor_class: type[Predictor] | None = FactorPredictor

    def defaults(self, counts: Counts) -> MatrixFactorizationParameters:
        """Return larger batches for more ratings, and never fewer factors than the fourth-root rule."""
        batch_size = int(np.clip(counts["ratings"] // 100, 32, 20_000))
        n_factors = max(16, fourth_root_rule(int(max(counts["users"], counts["items"]))))
        return MatrixFactorizationParameters(batch_size=batch_size, n_factors=n_factors)

    def presets(self) -> Mapping[str, Mapping[str, Any]]:
        """Return the setting of the course notes."""
        course = {"n_factors": 8, "batch_size": 5000, "epochs": 20, "patience": 0, "biases": False, "l2": 0.0}
        return {"as in the course": {**course, "l2_biases": 0.0, "learning_rate": 0.005}}

    def estimate(self, counts: Counts, parameters: MatrixFactorizationParameters, n_threads: int) -> Estimate:
        """Return time and memory; early stopping is expected after about 20 epochs."""
        del n_threads
        n_train = 0.8 * counts["ratings"]
        table_size = (counts["users"] + counts["items"]) * (parameters.n_factors + parameters.biases)
        steps = np.ceil(n_train / parameters.batch_size)
        epochs = min(parameters.epochs, 15 + parameters.patience) if parameters.patience else parameters.epochs
        epoch_s = steps * (_STEP_S + _TABLE_S * table_size) + n_train * _RATING_S * (1 + parameters.n_factors / 64)
        memory = _START_MB + (table_size * 4 * 12 + counts["ratings"] * 60) / 1e6
        return Estimate(seconds=float(_START_S + epochs * epoch_s), memory_mb=float(memory))

    def network(self, counts: Counts, parameters: MatrixFactorizationParameters) -> tuple[NetworkLayer, ...]:
        """Return the layers of the network, equal to those of the Keras model."""
        sides = ("user", int(counts["users"])), ("item", int(counts["items"]))
        k = parameters.n_factors
        layers = [NetworkLayer(side, "InputLayer", (None,), 0) for side, _ in sides]
        layers += [NetworkLayer(f"{side}_factors", "Embedding", (None, k), n * k, (side,)) for side, n in sides]
        layers.append(NetworkLayer("dot", "Dot", (None, 1), 0, ("user_factors", "item_factors")))
        if parameters.biases:
            layers += [NetworkLayer(f"{side}_biases", "Embedding", (None, 1), n, (side,)) for side, n in sides]
            layers.append(NetworkLayer("rating", "Add", (None, 1), 0, ("dot", "user_biases", "item_biases")))
        return tuple(layers)

    def script(self, parameters: MatrixFactorizationParameters, data_file: str) -> str:
        """Return a script with Keras alone; `data_file` has the columns user, item, rating and part."""
        return rating_scripts.factorization_script(parameters.model_dump(), data_file)

    def train(self, data: RatingsSplit, parameters: MatrixFactorizationParameters, context: Context) -> TrainingResult:
        """Learn factors and biases from `data.train`; `data.validation` only chooses the epoch that is kept."""
        _check(data)
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        training = _Training(data, parameters, context)
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: import and compilation, one step, one number of a table in a step, one
#: rating; memory of Python with TensorFlow.
_START_S = 7.0
_STEP_S = 1.2e-3
_TABLE_S = 3e-9
_RATING_S = 2e-7
_START_MB = 750.0


def _check(data: RatingsSplit) -> None:
    if len(data.train) < 2:
        raise InputError(
            "There are too few ratings to learn from.",
            received=len(data.train),
            remedy="Bring at least a few ratings of several users and items.",
        )


class _Training:
    """One training: what is learned from, the network, and the best epoch so far."""

    def __init__(self, data: RatingsSplit, parameters: MatrixFactorizationParameters, context: Context) -> None:
        self.data, self.parameters, self.context = data, parameters, context
        train = data.train
        self.n_users, self.n_items = len(data.dataset.users), len(data.dataset.items)
        self.mean = float(np.mean(train.ratings, dtype=np.float64))
        # Ratings that are all equal have no spread; 1 leaves them at the mean.
        self.spread = float(np.std(train.ratings, dtype=np.float64)) or 1.0
        self.targets = ((train.ratings - self.mean) / self.spread).astype(np.float32)
        self.unseen = {
            "user": np.bincount(train.users, minlength=self.n_users) == 0,
            "item": np.bincount(train.items, minlength=self.n_items) == 0,
        }
        network = keras_training.build_network(
            self.n_users,
            self.n_items,
            n_factors=parameters.n_factors,
            biases=parameters.biases,
            l2=parameters.l2 / len(train),
            l2_biases=parameters.l2_biases / len(train),
            seed=parameters.seed,
        )
        self.summary = keras_training.summary_text(network)
        self.trainer = keras_training.Trainer(
            network,
            learning_rate=parameters.learning_rate,
            batch_size=parameters.batch_size,
            seed=parameters.seed,
        )
        self.epoch = 0
        self.best: _Best | None = None
        if context.resume_state is not None:
            self._resume(context.resume_state)

    def _resume(self, state: State) -> None:
        self.trainer.restore(state)
        self.epoch = int(state.config["epoch"])
        weights = {
            name.removeprefix("best_"): np.asarray(array)
            for name, array in state.arrays.items()
            if name.startswith("best_")
        }
        self.best = _Best(float(state.config["best_rmse"]), int(state.config["best_epoch"]), weights)

    def run(self) -> None:
        """Train until the last epoch or until patience ends."""
        while self.epoch < self.parameters.epochs and not self._out_of_patience():
            loss = self.trainer.train_epoch(self.data.train, self.targets, self.epoch, self._reporter())
            self.epoch += 1
            self._after_epoch(loss)

    def _out_of_patience(self) -> bool:
        patience = self.parameters.patience
        return bool(patience and self.best is not None and self.epoch - self.best.epoch >= patience)

    def _reporter(self) -> Any:
        started, epoch, n_ratings = time.perf_counter(), self.epoch, len(self.data.train)

        def heard(done: int) -> None:
            self.context.progress(
                epoch=epoch,
                n_epochs=self.parameters.epochs,
                share_of_epoch=done / n_ratings,
                rate=done / max(time.perf_counter() - started, 1e-9),
                rate_unit="ratings/s",
            )

        return heard

    def _after_epoch(self, loss: float) -> None:
        weights = self._weights()
        metrics = {"train_rmse": float(np.sqrt(loss)) * self.spread}
        rmse = self._rmse(weights, self.data.validation) if len(self.data.validation) else metrics["train_rmse"]
        if len(self.data.validation):
            metrics["validation_rmse"] = rmse
        if not np.isfinite(rmse):
            raise InputError(
                "The training diverged: its error is not a number any more.",
                received=f"learning_rate={self.parameters.learning_rate}",
                remedy="Choose a smaller learning_rate.",
            )
        # Without patience nothing is chosen: the last epoch is kept.
        if self.best is None or not self.parameters.patience or rmse < self.best.rmse:
            self.best = _Best(rmse, self.epoch, weights)
        self.context.record(self.epoch, loss=loss, **metrics)
        self.context.snapshot(self.epoch, lambda: self._snapshot(weights))
        self.context.checkpoint(self.epoch, self.state)

    def _weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the tables with zero rows for what training has not seen, and biases even where none are learned."""
        weights = self.trainer.weights()
        for side, unseen in self.unseen.items():
            weights.setdefault(f"{side}_biases", np.zeros((len(unseen), 1), np.float32))
            weights[f"{side}_factors"][unseen] = 0
            weights[f"{side}_biases"][unseen] = 0
        return weights

    def _predictor(self, weights: Mapping[str, npt.NDArray[np.float32]]) -> FactorPredictor:
        return FactorPredictor(
            user_factors=weights["user_factors"],
            item_factors=weights["item_factors"],
            user_biases=weights["user_biases"][:, 0],
            item_biases=weights["item_biases"][:, 0],
            mean=self.mean,
            spread=self.spread,
            scale=self.data.scale,
        )

    def _rmse(self, weights: Mapping[str, npt.NDArray[np.float32]], ratings: Ratings) -> float:
        error = self._predictor(weights).predict(ratings.users, ratings.items) - ratings.ratings
        return float(np.sqrt(np.mean(np.square(error, dtype=np.float64))))

    def _snapshot(
        self, weights: Mapping[str, npt.NDArray[np.float32]]
    ) -> dict[str, tuple[list[str], npt.NDArray[np.float32]]]:
        # Users and items lie most rated first in the dataset.
        return {
            f"{side}s": (table[KEY_COLUMN].head(SNAPSHOT_KEYS).tolist(), weights[f"{side}_factors"][:SNAPSHOT_KEYS])
            for side, table in self._tables().items()
        }

    def _tables(self) -> dict[str, pd.DataFrame]:
        return {"item": self.data.dataset.items, "user": self.data.dataset.users}

    def state(self) -> State:
        """Return everything to go on from: the present and the best weights and the optimizer's memory."""
        best = cast("_Best", self.best)
        arrays = {
            **self.trainer.weights(),
            **self.trainer.optimizer_arrays(),
            **{f"best_{name}": array for name, array in best.weights.items()},
        }
        return State(arrays, {"epoch": self.epoch, "best_epoch": best.epoch, "best_rmse": best.rmse})

    def result(self) -> TrainingResult:
        """Return what the best epoch learned."""
        best = cast("_Best", self.best)
        self.context.log(f"kept epoch {best.epoch} of {self.epoch}")
        scores: dict[str, Any] = {"best_epoch": best.epoch}
        if len(self.data.validation):
            scores["validation_rmse"] = best.rmse
        return TrainingResult(
            embeddings={f"{side}s": _embedding(table, side, best.weights) for side, table in self._tables().items()},
            state=self.state(),
            predictor=self._predictor(best.weights),
            scores=scores,
            texts={"summary.txt": self.summary},
        )


def _embedding(table: pd.DataFrame, side: str, weights: Mapping[str, npt.NDArray[np.float32]]) -> Embedding:
    """Return the factors of one side with the dataset's table and the bias as metadata."""
    metadata = table.drop(columns=[KEY_COLUMN, LABEL_COLUMN], errors="ignore").reset_index(drop=True)
    metadata[BIAS_COLUMN] = weights[f"{side}_biases"][:, 0]
    keys = table[KEY_COLUMN].tolist()
    labels = table[LABEL_COLUMN].tolist() if LABEL_COLUMN in table.columns else keys
    return Embedding(weights[f"{side}_factors"], keys, labels, metadata)
