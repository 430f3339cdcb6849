"""Training of the text classifier: vocabulary of the training part, early stopping, and the refit."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.errors import InputError
from embedlab.kinds.text.labeled import LabeledDocuments, LabeledSplit
from embedlab.models.contract.base import SNAPSHOT_KEYS, Context, State, TrainingResult, diverged
from embedlab.models.shared import keras_training
from embedlab.models.shared.documents import CLASS_COLUMN, pack_words, unpack_words
from embedlab.models.shared.starting import KnownRows, known_rows
from embedlab.models.shared.text_encoding import FIRST_WORD, PADDING, UNKNOWN, TextEncoder
from embedlab.models.shared.two_phases import TwoPhases
from embedlab.models.shared.word_rows import kept_vocabulary, word_embedding
from embedlab.models.text_classifier import network as keras_classifier
from embedlab.models.text_classifier.bag_of_words import BagOfWords, choose_pairs, evidence_scale
from embedlab.models.text_classifier.predictor import ClassifierPredictor

if TYPE_CHECKING:
    from embedlab.models.text_classifier.model import TextClassifierParameters

Floats = npt.NDArray[np.float32]
Weights = Mapping[str, Floats]


def start_table(known: KnownRows, n_words: int, parameters: TextClassifierParameters) -> Floats:
    """Return the `(n_words + 2, vector_size)` float32 initial rows of an embedding layer.

    Unknown words start with small random numbers, or with zeros if the embedding is frozen.
    """
    rows, vectors = known
    spread = 0.0 if parameters.frozen else 0.5 * float(vectors.std())
    shape = (n_words + FIRST_WORD, parameters.vector_size)
    table = np.random.default_rng(parameters.seed).normal(0, spread, shape).astype(np.float32)
    table[FIRST_WORD:][rows] = vectors
    table[PADDING] = 0
    return table


def training_vocabulary(documents: Sequence[Sequence[str]], parameters: TextClassifierParameters) -> pd.DataFrame:
    """Return the words (columns `word`, `count`) within `sequence_length`, most frequent first.

    Raises
    ------
    InputError
        Fewer than two words occur at least `min_count` times.
    """
    counts = Counter(word for words in documents for word in words[: parameters.sequence_length])
    words, numbers = zip(*counts.most_common(), strict=True) if counts else ((), ())
    vocabulary = pd.DataFrame({"word": pd.Series(words, dtype="str"), "count": np.array(numbers, np.int64)})
    return kept_vocabulary(vocabulary, parameters.min_count).head(parameters.max_words)


class _Learner:
    """The data and network of one phase: vocabulary, encoded documents, and the network."""

    def __init__(
        self,
        documents: LabeledDocuments,
        data: LabeledSplit,
        start: Embedding | None,
        parameters: TextClassifierParameters,
    ) -> None:
        words_of = documents.words(data.dataset)
        self.codes = documents.codes
        lengths = np.array([len(words) for words in words_of])
        self.share_read = float(np.minimum(lengths, parameters.sequence_length).sum() / max(1, lengths.sum()))
        self.vocabulary = training_vocabulary(words_of, parameters)
        if start is not None and parameters.frozen:
            # Frozen vectors also cover words that do not occur in the training documents.
            training_words = set(self.vocabulary["word"])
            n_more = parameters.max_words - len(training_words)
            more = [word for word in start.keys if word not in training_words][:n_more]
            self.vocabulary = pd.concat(
                [self.vocabulary, pd.DataFrame({"word": pd.Series(more, dtype="str"), "count": np.int64(0)})],
                ignore_index=True,
            )
        self.words = self.vocabulary["word"].tolist()
        self.encoder = TextEncoder(self.words, parameters.sequence_length)
        self.indices = self.encoder.encode(words_of)
        self.bag: BagOfWords | None = None
        if parameters.bag_of_words:
            pairs = choose_pairs(self.indices, self.encoder.input_dim, parameters.max_pairs, parameters.seed)
            counts = BagOfWords(self.encoder.input_dim, pairs).counts(self.indices)
            scale = evidence_scale(counts, self.codes, len(data.classes))
            self.bag = BagOfWords(self.encoder.input_dim, pairs, scale)
        self.present = self.presence(self.indices)
        network = keras_classifier.build_network(
            self.encoder.input_dim,
            len(data.classes),
            sequence_length=parameters.sequence_length,
            output_dim=parameters.vector_size,
            pooling=parameters.pooling,
            filters=parameters.filters,
            kernel_size=parameters.kernel_size,
            hidden_units=parameters.hidden_units,
            dropout=parameters.dropout,
            start=self._start_table(start, parameters),
            frozen=parameters.frozen,
            n_terms=0 if self.bag is None else self.bag.n_terms,
            seed=parameters.seed,
        )
        embedding = network.deep.get_layer("embedding")
        table = embedding.get_weights()[0]
        # Rows that no training document uses would keep their random numbers.
        table[[row for row in (PADDING, UNKNOWN) if not (self.indices == row).any()]] = 0
        embedding.set_weights([table])
        self.whole = keras_classifier.with_text_input(network, self.words, parameters.sequence_length, self.bag)
        self.trainer = keras_classifier.Trainer(
            network,
            learning_rate=parameters.learning_rate,
            batch_size=parameters.batch_size,
            seed=parameters.seed,
        )

    def _start_table(self, start: Embedding | None, parameters: TextClassifierParameters) -> Floats | None:
        if start is None:
            return None
        return start_table(known_rows(start, self.words, parameters.vector_size), len(self.words), parameters)

    def presence(self, indices: npt.NDArray[np.int32]) -> Any:
        """Return the bags of words of encoded documents; None without a bag of words."""
        return None if self.bag is None else self.bag.presence(indices)


class ClassifierTraining:
    """One training: the documents, the network, and the best epoch so far."""

    def __init__(self, data: LabeledSplit, parameters: TextClassifierParameters, context: Context) -> None:
        self._data, self._parameters, self._context = data, parameters, context
        refit = parameters.refit and len(data.validation) > 0
        self._phases = TwoPhases(parameters.epochs, parameters.patience, refit)
        state = context.resume_state
        self._best_accuracy = 0.0
        self._best: dict[str, Floats] = {}
        if state is not None:
            self._phases.resume(state.config, "best_loss")
            self._best_accuracy = float(state.config["best_accuracy"])
            self._best = {
                name.removeprefix("best_"): np.asarray(array)
                for name, array in state.arrays.items()
                if name.startswith("best_")
            }
        self._start = self._starting_vectors(state)
        context.log("starting TensorFlow")
        keras_training.start_tensorflow(context.n_threads)
        self._learner = self._new_learner()
        if state is not None:
            self._learner.trainer.restore(state)

    def _starting_vectors(self, state: State | None) -> Embedding | None:
        """Return the vectors of `start_from` for words of the dataset; checkpoints store them for the second phase."""
        parameters, context = self._parameters, self._context
        if not parameters.start_from:
            return None
        if state is not None:
            if "start_vectors" not in state.arrays:
                return None
            return Embedding(np.asarray(state.arrays["start_vectors"]), unpack_words(state.arrays["start_words"]))
        if context.start_embedding is None:
            raise InputError("The embedding to start from does not exist.", received=parameters.start_from)
        words = self._data.dataset.vocabulary["word"].tolist()
        rows, vectors = known_rows(context.start_embedding, words, parameters.vector_size)
        context.log(f"{len(rows):,} of {len(words):,} words start with the vectors of {parameters.start_from}")
        return Embedding(vectors, [words[row] for row in rows])

    def _new_learner(self) -> _Learner:
        data = self._data
        documents = data.train
        if self._phases.is_refit:
            rows = np.concatenate([data.train.rows, data.validation.rows])
            order = np.argsort(rows)
            documents = LabeledDocuments(rows[order], np.concatenate([data.train.codes, data.validation.codes])[order])
        learner = _Learner(documents, data, self._start, self._parameters)
        n_validation = 0 if self._phases.is_refit else len(data.validation)
        n_pairs = 0 if learner.bag is None else len(learner.bag.pairs)
        self._context.log(
            f"{len(documents):,} training and {n_validation:,} validation documents, {len(data.classes)} labels, "
            f"{len(learner.words):,} words, {n_pairs:,} word pairs, {learner.share_read:.1%} of the text read"
        )
        if not self._phases.is_refit:
            self._validation = learner.encoder.encode(data.validation.words(data.dataset))
            self._validation_present = learner.presence(self._validation)
        return learner

    def run(self) -> None:
        """Train until the last epoch or early stopping, then again including the validation part.

        When the user stops the training, the current phase ends and no other begins.
        """
        phases = self._phases
        if phases.finished_epochs == 0:
            self._context.snapshot(0, lambda: self._snapshot(self._learner.trainer.weights()))
        while not phases.phase_ended and not self._stops:
            self._epoch()
        if phases.is_refit:
            return
        self._context.log(f"chose epoch {phases.best_epoch} of {phases.epoch}")
        if not phases.refit or self._stops:
            return
        phases.start_refit()
        self._context.log(f"training again, including validation documents: {phases.best_epoch} epochs")
        self._learner = self._new_learner()
        self._best = {}
        while not phases.phase_ended and not (phases.epoch and self._stops):
            self._epoch()

    @property
    def _stops(self) -> bool:
        return self._context.stops_after(self._phases.finished_epochs)

    def _epoch(self) -> None:
        learner, phases = self._learner, self._phases
        trained = learner.trainer.train_epoch(
            learner.indices, learner.present, learner.codes, phases.epoch, self._reporter()
        )
        if phases.is_refit:
            phases.epoch += 1
            loss = trained["loss"]
            metrics = {"refit_loss": loss, "refit_accuracy": trained["accuracy"]}
        else:
            validated = learner.trainer.evaluate(
                self._validation, self._validation_present, self._data.validation.codes
            )
            loss = validated["loss"]
            metrics = {
                "loss": trained["loss"],
                "validation_loss": loss,
                "train_accuracy": trained["accuracy"],
                "validation_accuracy": validated["accuracy"],
            }
        if not np.isfinite(loss):
            raise diverged(learning_rate=self._parameters.learning_rate)
        weights = learner.trainer.weights()
        if "validation_loss" in metrics and phases.finish_epoch(loss):
            self._best, self._best_accuracy = weights, metrics["validation_accuracy"]
        number = phases.finished_epochs
        self._context.record(number, **metrics)
        self._context.snapshot(number, lambda: self._snapshot(weights))
        self._context.checkpoint(number, self._state)

    def _reporter(self) -> Callable[[int], None]:
        started, n_documents = time.perf_counter(), len(self._learner.codes)
        phases = self._phases

        def report(done: int) -> None:
            self._context.progress(
                epoch=phases.finished_epochs,
                n_epochs=phases.expected_epochs,
                share_of_epoch=done / n_documents,
                rate=done / max(time.perf_counter() - started, 1e-9),
                rate_unit="documents/s",
            )

        return report

    def _snapshot(self, weights: Weights) -> dict[str, tuple[list[str], Floats]]:
        words = self._learner.words[:SNAPSHOT_KEYS]
        return {"words": (words, weights["embedding"][FIRST_WORD:][: len(words)])}

    def _state(self) -> State:
        """Return everything needed to resume: the phase, the current and best weights, and the optimizer's state."""
        trainer = self._learner.trainer
        arrays: dict[str, npt.NDArray[Any]] = {
            **trainer.weights(),
            **trainer.optimizer_arrays(),
            **{f"best_{name}": array for name, array in self._best.items()},
        }
        if self._start is not None:
            arrays["start_vectors"] = self._start.vectors
            arrays["start_words"] = pack_words(self._start.keys)
        return State(arrays, {**self._phases.config(), "best_accuracy": self._best_accuracy})

    def result(self) -> TrainingResult:
        """Return the result of the chosen epoch, or of the refit."""
        phases, learner = self._phases, self._learner
        state = self._state()
        if not phases.is_refit:
            learner.trainer.set_weights(self._best)
        weights = learner.trainer.weights()
        if learner.bag is not None and learner.bag.scale is not None:
            weights["evidence_scale"] = learner.bag.scale
        predictor = ClassifierPredictor(
            words=learner.words,
            classes=self._data.classes,
            sequence_length=self._parameters.sequence_length,
            pooling=self._parameters.pooling,
            weights=weights,
            pairs=np.empty((0, 2), np.int32) if learner.bag is None else learner.bag.pairs,
        )
        scores: dict[str, Any] = {
            "best_epoch": phases.best_epoch,
            "validation_loss": phases.best_error,
            "validation_accuracy": self._best_accuracy,
            "stopped": phases.stopped,
            "share_read": learner.share_read,
            "n_pairs": len(predictor.pairs),
        }
        if phases.is_refit:
            scores["n_refit_epochs"] = phases.epoch
        return TrainingResult(
            embeddings=self._embeddings(predictor),
            state=state,
            abilities=(predictor,),
            scores=scores,
            texts={"summary.txt": keras_training.summary_text(learner.whole)},
            files={"classifier.keras": keras_training.saved_network(learner.whole, self._context.scratch)},
        )

    def _embeddings(self, predictor: ClassifierPredictor) -> dict[str, Embedding]:
        """Return the words, and the labels if their vectors are in the same space.

        Without layers in between, the mean vector of a document is multiplied with a label's column of the last layer,
        so words and labels can be compared.
        """
        weights, learner = predictor.weights, self._learner
        words = word_embedding(weights["embedding"][FIRST_WORD:], learner.vocabulary)
        if self._parameters.pooling != "flatten":
            # The predicted class of a document with only this word.
            probabilities = predictor.predict([[word] for word in learner.words])
            words.metadata[CLASS_COLUMN] = np.array(self._data.classes, dtype=object)[probabilities.argmax(axis=1)]
        if self._parameters.pooling != "average" or self._parameters.hidden_units:
            return {"words": words}
        metadata = pd.DataFrame({COUNT_COLUMN: np.bincount(learner.codes, minlength=len(self._data.classes))})
        classes = np.ascontiguousarray(weights["classes_kernel"].T)
        return {"words": words, "classes": Embedding(classes, list(self._data.classes), metadata=metadata)}
