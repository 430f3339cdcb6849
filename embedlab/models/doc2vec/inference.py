"""gensim's Doc2Vec rebuilt from arrays, to place new texts among the training documents."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from embedlab.core.embedding import Vectors
from embedlab.core.errors import StorageError
from embedlab.models.contract.abilities import PlacesText
from embedlab.models.contract.base import State
from embedlab.models.shared.documents import unpack_words
from embedlab.models.shared.epoch_loop import MIN_ALPHA

#: gensim reads at most this many words of a document: longer ones are split into pieces that share a vector.
PIECE_WORDS = 10_000
_MIN_INFERENCE_EPOCHS = 20


def new_model(values: Mapping[str, Any], vocabulary: dict[str, int], n_documents: int, workers: int) -> Any:
    """Return gensim's untrained model with room for the documents 0 to `n_documents` (excluded)."""
    from gensim.models import Doc2Vec as GensimDoc2Vec

    names = ("vector_size", "window", "min_count", "negative", "sample", "alpha", "seed")
    model = GensimDoc2Vec(
        dm=int(values["dm"]),
        dbow_words=int(values["dbow_words"]),
        hs=0,
        min_alpha=MIN_ALPHA,
        workers=workers,
        # Keep the dataset's order: gensim's own sorting breaks ties in an undocumented way.
        sorted_vocab=0,
        **{name: values[name] for name in names},
    )
    # gensim would store two events for every segment.
    model.lifecycle_events = None
    model.dv.index_to_key = list(range(n_documents))
    model.build_vocab_from_freq(vocabulary, corpus_count=n_documents)
    return model


class Doc2VecInference(PlacesText):
    """Infers vectors of new texts as gensim does, with a model rebuilt from arrays; the same text gets the same vector.

    State: `words` (packed), `counts` `(n_words,)`, `outputs` and `vectors` `(n_words, vector_size)`; the parameters.
    """

    def __init__(self, state: State) -> None:
        values = state.config["parameters"]
        counts = state.arrays["counts"].tolist()
        self._model = new_model(values, dict(zip(unpack_words(state.arrays["words"]), counts, strict=True)), 1, 1)
        self._model.syn1neg = self._checked_array(state, "outputs")
        self._model.wv.vectors = self._checked_array(state, "vectors")
        self._lock = threading.Lock()
        self._alpha, self._seed = float(values["alpha"]), int(values["seed"])
        self._epochs = max(_MIN_INFERENCE_EPOCHS, int(values["epochs"]))

    def _checked_array(self, state: State, name: str) -> Vectors:
        """Return an array of the state; gensim's compiled code reads past the end of one that is too small."""
        array: Vectors = np.ascontiguousarray(state.arrays[name])
        expected = (len(self._model.wv.index_to_key), self._model.vector_size)
        if array.shape != expected or array.dtype != np.float32:
            raise StorageError("A saved state is damaged.", received=f"{name} {array.shape}", remedy="Train again.")
        return array

    @classmethod
    def from_state(cls, state: State) -> Doc2VecInference:
        """Load the inference model from a run's state."""
        return cls(state)

    def n_known(self, words: Sequence[str]) -> int:
        """Return how many of the words are in the vocabulary."""
        return sum(word in self._model.wv.key_to_index for word in words)

    def vector(self, words: Sequence[str]) -> Vectors:
        """Infer the vector of a text with these words, all other weights frozen; zero if all are out of vocabulary."""
        model = self._model
        known = [word for word in words if word in model.wv.key_to_index]
        size = model.vector_size
        if not known:
            return np.zeros(size, np.float32)
        # All callers share one model and one random number generator.
        with self._lock:
            return self._infer(known)

    def _infer(self, known: list[str]) -> Vectors:
        from gensim.models.doc2vec import train_document_dbow, train_document_dm

        model, size = self._model, self._model.vector_size
        # gensim's own initial vector depends on Python's hash of the text, which differs between processes.
        model.random.seed(zlib.crc32(" ".join(known).encode("utf-8", errors="surrogatepass")) ^ self._seed)
        vector = ((model.random.random_sample((1, size)) - 0.5) / size).astype(np.float32)
        frozen = {
            "learn_words": False,
            "learn_hidden": False,
            "doctag_vectors": vector,
            "doctags_lockf": np.ones(1, np.float32),
        }
        work, neu1 = np.zeros(size, np.float32), np.zeros(size, np.float32)
        for alpha in np.linspace(self._alpha, MIN_ALPHA, self._epochs):
            for piece in pieces(known):
                if model.sg:
                    train_document_dbow(model, piece, [0], alpha, work, **frozen)
                else:
                    train_document_dm(model, piece, [0], alpha, work, neu1, **frozen)
        inferred: Vectors = vector[0]
        return inferred


def pieces(words: list[str]) -> Iterator[list[str]]:
    """Split a document into pieces that gensim reads completely."""
    for start in range(0, len(words), PIECE_WORDS):
        yield words[start : start + PIECE_WORDS]
