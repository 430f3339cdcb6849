"""Word2Vec, with our own compiled loop or with gensim."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from embedlab.core.kind import Counts
from embedlab.models.contract.base import ADVANCED, Context, Estimate, Model, TrainingResult
from embedlab.models.shared.gensim_training import (
    GensimParameters,
    GensimTraining,
    estimate_training,
    gensim_values,
    settings_for_size,
)
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.starting import asked_rows, start_field
from embedlab.models.shared.text_sizes import is_small_text
from embedlab.models.shared.word_rows import expected_words
from embedlab.models.word2vec.training import Word2VecTraining

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset


class Word2VecParameters(GensimParameters):
    """Parameters of Word2Vec, named as in gensim; `backend` and `start_from` are ours."""

    backend: Literal["numba", "gensim"] = Field(
        "numba",
        title="Implementation",
        description="numba: EmbedLab's own implementation of negative sampling, several times faster. gensim: the "
        "reference implementation, required for hierarchical softmax.",
        json_schema_extra=ADVANCED,
    )
    start_from: str = start_field()

    @model_validator(mode="before")
    @classmethod
    def _migrate(cls, values: Any) -> Any:
        """Choose gensim for hierarchical softmax if there is no backend, as in runs of earlier versions."""
        if isinstance(values, Mapping) and values.get("hs") and "backend" not in values:
            return {**values, "backend": "gensim"}
        return values

    @model_validator(mode="after")
    def _backend_fits(self) -> Word2VecParameters:
        if self.hs and self.backend == "numba":
            raise ValueError("hierarchical softmax (hs) requires backend=gensim")
        return self


class Word2Vec(Model[Word2VecParameters, "TextDataset"]):
    """Skip-gram or CBOW with negative sampling or hierarchical softmax.

    Notes
    -----
    Mikolov, Chen, Corrado and Dean, "Efficient Estimation of Word Representations in Vector Space", 2013.
    """

    name: ClassVar[str] = "word2vec"
    title: ClassVar[str] = "Word2Vec"
    summary: ClassVar[str] = "Words used in similar contexts get similar vectors."
    task: ClassVar[str] = "words"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("gensim",)
    parameters_class = Word2VecParameters

    def defaults(self, counts: Counts) -> Word2VecParameters:
        """Return more epochs, a lower `min_count`, wider windows and shorter vectors for a small text.

        Source: Culy, "Word embeddings for small corpora", 2018; for 17 million words about 10 epochs are best.
        """
        return Word2VecParameters(**settings_for_size(counts))

    def recommendation(self, counts: Counts) -> str:
        """Recommend it for all but small texts."""
        return "" if is_small_text(counts) else "Fast on a large text, and a good start for any question about words."

    def estimate(self, counts: Counts, parameters: Word2VecParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts only."""
        if parameters.backend == "gensim":
            return estimate_training(counts, parameters, n_threads)
        n_words = expected_words(counts, parameters.min_count)
        words_per_s = words_per_second(parameters) * min(parameters.workers, n_threads)
        seconds = _START_S + counts["tokens"] * (parameters.epochs / words_per_s + _ENCODING_S) + n_words * 2e-5
        memory = _START_MB + (n_words * (400 + parameters.vector_size * 4 * 3) + counts["vocabulary"] * 250) / 1e6
        return Estimate(float(seconds), float(memory))

    def script(self, parameters: Word2VecParameters, data_file: str) -> str:
        """Return a script that uses only gensim; `data_file` is the dataset's corpus file."""
        own_loop = parameters.backend == "numba"
        return model_script(__file__, parameters, **gensim_values(parameters), own_loop=own_loop, data_file=data_file)

    def train(self, data: TextDataset, parameters: Word2VecParameters, context: Context) -> TrainingResult:
        """Learn a vector for each word that occurs at least `min_count` times."""
        training: Word2VecTraining | _GensimTraining
        if parameters.backend == "gensim":
            training = _GensimTraining(data, parameters, context)
        else:
            training = Word2VecTraining(data, parameters, context, words_per_second(parameters))
        training.run()
        return training.result()


#: Measured on a 2-core laptop-class machine: imports and loading machine code; encoding a word of the text; one context
#: window, one context word, and one dimension of an output row.
_START_S = 2.0
_START_MB = 230.0
_ENCODING_S = 2.0e-7
_WINDOW_S = 3.0e-7
_CONTEXT_S = 4.0e-8
_ROW_DIMENSION_S = 2.6e-10
#: The same of CBOW: one window, and one dimension of an output row (read and written) or of a context word.
_CBOW_WINDOW_S = 2.6e-7
_CBOW_DIMENSION_S = 8.6e-11


def words_per_second(parameters: Word2VecParameters) -> float:
    """Return how many words of running text one worker of the numba backend trains per second."""
    kept = float(np.clip(0.8 + 0.3 * math.log10(parameters.sample / 1e-3), 0.2, 1)) if parameters.sample else 1.0
    rows, near = 1 + parameters.negative, parameters.window + 1
    if parameters.sg:
        row_s = rows * parameters.vector_size * _ROW_DIMENSION_S
        window_s = _WINDOW_S + row_s + near * (_CONTEXT_S + row_s)
    else:
        window_s = _CBOW_WINDOW_S + (2 * rows + near) * parameters.vector_size * _CBOW_DIMENSION_S
    return 1 / (kept * window_s)


class _GensimTraining(GensimTraining):
    """One training, with initial vectors from `start_from`."""

    parameters: Word2VecParameters

    def initialize(self) -> None:
        """Set the vectors of known words; gensim initializes the others, and all output vectors."""
        words = self.model.wv.index_to_key
        known = asked_rows(self.parameters.start_from, words, self.parameters.vector_size, self.context)
        if known is not None:
            rows, vectors = known
            self.model.wv.vectors[rows] = vectors
