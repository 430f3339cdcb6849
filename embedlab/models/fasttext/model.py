"""fastText by gensim: a word is the sum of its character n-grams, so that unknown words have vectors too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from embedlab.core.kind import Counts
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, TrainingResult
from embedlab.models.fasttext.subwords import PartsInference, composed, parts_matrix
from embedlab.models.shared.gensim_training import (
    GensimParameters,
    GensimTraining,
    estimate_training,
    gensim_values,
    settings_for_size,
)
from embedlab.models.shared.script_templates import script_beside
from embedlab.models.shared.word_rows import expected_words

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset

#: Letters of a word of running English text with its two boundaries.
_WORD_LENGTH = 6.5
#: Rows for each word of the vocabulary: that many different n-grams fall into them without much sharing.
_ROWS_PER_WORD = 10


class FastTextParameters(GensimParameters):
    """Parameters of fastText, named as in gensim."""

    min_n: int = Field(3, ge=1, le=20, description="Shortest character n-gram, in characters.")
    max_n: int = Field(
        6, ge=1, le=20, description="Longest character n-gram, in characters; word boundaries count as characters."
    )
    bucket: int = Field(
        200_000,
        ge=1000,
        le=5_000_000,
        description="Hash buckets for character n-grams; with few of them, unrelated n-grams share a vector.",
        json_schema_extra={**LOG, **ADVANCED},
    )

    @model_validator(mode="after")
    def _lengths(self) -> FastTextParameters:
        if self.max_n < self.min_n:
            raise ValueError(f"max_n must be at least min_n ({self.min_n}), but is {self.max_n}.")
        return self

    @property
    def n_parts(self) -> float:
        """N-grams of a word of running text, about."""
        return sum(max(0.0, _WORD_LENGTH - n + 1) for n in range(self.min_n, self.max_n + 1))


class FastText(Model[FastTextParameters, "TextDataset"]):
    """Skip-gram or CBOW over words and their character n-grams.

    Notes
    -----
    Bojanowski, Grave, Joulin and Mikolov, "Enriching Word Vectors with Subword Information", 2017.
    """

    name: ClassVar[str] = "fasttext"
    title: ClassVar[str] = "fastText"
    summary: ClassVar[str] = (
        "Word2Vec with subwords: similar spellings get similar vectors, and so do out-of-vocabulary words."
    )
    task: ClassVar[str] = "words"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("gensim",)
    parameters_class = FastTextParameters
    abilities = (PartsInference,)

    def defaults(self, counts: Counts) -> FastTextParameters:
        """Return what suits Word2Vec, and as many rows as the vocabulary has parts."""
        settings = settings_for_size(counts)
        # Parts cost several times as much, and are learned from more words.
        settings["epochs"] = max(5, settings["epochs"] // 2)
        rows = _ROWS_PER_WORD * expected_words(counts, settings["min_count"])
        # In whole steps, so that nearly equal texts get equal settings.
        bucket = int(np.clip(np.ceil(rows / 10_000) * 10_000, 20_000, 2_000_000))
        return FastTextParameters(**settings, bucket=bucket)

    def estimate(self, counts: Counts, parameters: FastTextParameters, n_threads: int) -> Estimate:
        """Return time and memory, from the counts alone."""
        base = estimate_training(counts, parameters, n_threads, parameters.n_parts)
        rows_mb = parameters.bucket * parameters.vector_size * 4 / 1e6
        parts_mb = expected_words(counts, parameters.min_count) * (150 + 12 * parameters.n_parts) / 1e6
        # A checkpoint copies all rows.
        return Estimate(base.seconds, base.memory_mb + 2 * rows_mb + parts_mb)

    def script(self, parameters: FastTextParameters, data_file: str) -> str:
        """Return a script with gensim alone; `data_file` is the dataset's corpus file."""
        return script_beside(__file__, parameters, **gensim_values(parameters), data_file=data_file)

    def train(self, data: TextDataset, parameters: FastTextParameters, context: Context) -> TrainingResult:
        """Learn a vector for each word of at least `min_count` occurrences, and for the parts of words."""
        training = _Training(data, parameters, context)
        training.run()
        return training.result()


class _Training(GensimTraining):
    """One training; the words' vectors are made of their parts only when they are asked for."""

    parameters: FastTextParameters

    def __init__(self, data: TextDataset, parameters: FastTextParameters, context: Context) -> None:
        self.n_parts = parameters.n_parts
        self._parts: Any = None
        super().__init__(data, parameters, context)

    def new_model(self, **options: Any) -> Any:
        """Return gensim's untrained model."""
        from gensim.models import FastText as GensimFastText

        given = {name: getattr(self.parameters, name) for name in ("min_n", "max_n", "bucket")}
        model = GensimFastText(**options, **given)
        wv = model.wv

        def put_off() -> None:
            wv.vectors = wv.vectors_vocab

        # gensim would put all words together, in a loop of Python, after every segment.
        wv.adjust_vectors = put_off
        return model

    def tables(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the words' own vectors, their parts' vectors, and the outputs."""
        return {"own": self.model.wv.vectors_vocab, "ngrams": self.model.wv.vectors_ngrams, "outputs": self.outputs()}

    def word_vectors(self, n_words: int | None = None) -> npt.NDArray[np.float32]:
        """Return the vectors of the first `n_words` words, or of all."""
        wv = self.model.wv
        if self._parts is None:
            self._parts = parts_matrix(wv.buckets_word, wv.bucket)
        return composed(wv.vectors_vocab[:n_words], self._parts, wv.vectors_ngrams)

    def config(self) -> Mapping[str, Any]:
        """Return how a word is taken apart."""
        return {**super().config(), **{name: getattr(self.parameters, name) for name in ("min_n", "max_n", "bucket")}}
