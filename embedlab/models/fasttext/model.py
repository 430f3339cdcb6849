"""fastText with gensim: a word is the sum of its character n-grams, so out-of-vocabulary words have vectors too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from embedlab.core.kind import Counts
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, TrainingResult
from embedlab.models.fasttext.subwords import PartsInference, compose, parts_matrix
from embedlab.models.shared.gensim_training import (
    GensimParameters,
    GensimTraining,
    estimate_training,
    gensim_values,
    settings_for_size,
)
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.word_rows import expected_words

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset

#: Mean word length in English text, in characters, including the two word boundaries.
_WORD_LENGTH = 6.5
#: Buckets for each word of the vocabulary: enough to keep hash collisions of n-grams rare.
_ROWS_PER_WORD = 10


class FastTextParameters(GensimParameters):
    """Parameters of fastText, named as in gensim."""

    min_n: int = Field(
        3, title="Minimum n-gram length", ge=1, le=20, description="Minimum length of character n-grams."
    )
    max_n: int = Field(
        6,
        title="Maximum n-gram length",
        ge=1,
        le=20,
        description="Maximum length of character n-grams; word boundaries count as characters.",
    )
    bucket: int = Field(
        200_000,
        title="Hash buckets",
        ge=1000,
        le=5_000_000,
        description="Number of hash buckets for character n-grams. With few buckets, unrelated n-grams share a vector.",
        json_schema_extra={**LOG, **ADVANCED},
    )

    @model_validator(mode="after")
    def _check_ngram_lengths(self) -> FastTextParameters:
        if self.max_n < self.min_n:
            raise ValueError(f"max_n must be at least min_n ({self.min_n}), but is {self.max_n}.")
        return self

    @property
    def n_parts(self) -> float:
        """Approximate number of n-grams of a word in running text."""
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
        """Return the defaults of Word2Vec, and as many buckets as the vocabulary has n-grams."""
        settings = settings_for_size(counts)
        # N-grams cost several times as much, and each is trained on more words.
        settings["epochs"] = max(5, settings["epochs"] // 2)
        rows = _ROWS_PER_WORD * expected_words(counts, settings["min_count"])
        # Rounded, so that texts of nearly the same size get the same setting.
        bucket = int(np.clip(np.ceil(rows / 10_000) * 10_000, 20_000, 2_000_000))
        return FastTextParameters(**settings, bucket=bucket)

    def estimate(self, counts: Counts, parameters: FastTextParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts only."""
        base = estimate_training(counts, parameters, n_threads, parameters.n_parts)
        rows_mb = parameters.bucket * parameters.vector_size * 4 / 1e6
        parts_mb = expected_words(counts, parameters.min_count) * (150 + 12 * parameters.n_parts) / 1e6
        # A checkpoint copies all rows.
        return Estimate(base.seconds, base.memory_mb + 2 * rows_mb + parts_mb)

    def script(self, parameters: FastTextParameters, data_file: str) -> str:
        """Return a script that uses only gensim; `data_file` is the dataset's corpus file."""
        return model_script(__file__, parameters, **gensim_values(parameters), data_file=data_file)

    def train(self, data: TextDataset, parameters: FastTextParameters, context: Context) -> TrainingResult:
        """Learn a vector for each word that occurs at least `min_count` times, and for the n-grams."""
        training = _Training(data, parameters, context)
        training.run()
        return training.result()


class _Training(GensimTraining):
    """One training; the words' vectors are computed from their n-grams only when they are needed."""

    parameters: FastTextParameters

    def __init__(self, data: TextDataset, parameters: FastTextParameters, context: Context) -> None:
        self.n_parts = parameters.n_parts
        self._parts: Any = None
        super().__init__(data, parameters, context)

    def new_model(self, **options: Any) -> Any:
        """Return gensim's untrained model."""
        from gensim.models import FastText as GensimFastText

        ngram_options = {name: getattr(self.parameters, name) for name in ("min_n", "max_n", "bucket")}
        model = GensimFastText(**options, **ngram_options)
        wv = model.wv

        def skip_ngrams() -> None:
            wv.vectors = wv.vectors_vocab

        # gensim would compute the vectors of all words in a Python loop after every segment.
        wv.adjust_vectors = skip_ngrams
        return model

    def tables(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the words' own vectors, the n-gram vectors, and the output vectors."""
        return {"own": self.model.wv.vectors_vocab, "ngrams": self.model.wv.vectors_ngrams, "outputs": self.outputs()}

    def word_vectors(self, n_words: int | None = None) -> npt.NDArray[np.float32]:
        """Return the vectors of the first `n_words` words, or of all words."""
        wv = self.model.wv
        if self._parts is None:
            self._parts = parts_matrix(wv.buckets_word, wv.bucket)
        return compose(wv.vectors_vocab[:n_words], self._parts, wv.vectors_ngrams)

    def config(self) -> Mapping[str, Any]:
        """Return how a word is split into n-grams."""
        return {**super().config(), **{name: getattr(self.parameters, name) for name in ("min_n", "max_n", "bucket")}}
