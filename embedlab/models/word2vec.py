"""Word2Vec by gensim."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from embedlab.datasets.base import Counts, Kind
from embedlab.models.base import Context, Estimate, Model, TrainingResult
from embedlab.models.gensim_training import GensimParameters, GensimTraining, estimate_training, settings_for_size
from embedlab.models.starting import asked_rows, start_field
from embedlab.models.word_scripts import word2vec_script

if TYPE_CHECKING:
    from embedlab.datasets.text import TextDataset


class Word2VecParameters(GensimParameters):
    """Parameters of Word2Vec, named as in gensim; `start_from` is ours."""

    start_from: str = start_field("random numbers")


class Word2Vec(Model[Word2VecParameters, "TextDataset"]):
    """Skip-gram or CBOW with negative sampling or hierarchical softmax.

    Notes
    -----
    Mikolov, Chen, Corrado and Dean, "Efficient Estimation of Word Representations in Vector Space", 2013.
    """

    name: ClassVar[str] = "word2vec"
    title: ClassVar[str] = "Word2Vec"
    summary: ClassVar[str] = "Words that stand in the same company get similar vectors."
    kind: ClassVar[Kind] = Kind.TEXT
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("gensim",)
    parameters_class = Word2VecParameters

    def defaults(self, counts: Counts) -> Word2VecParameters:
        """Return more epochs, rarer words, wider windows and shorter vectors for a small text.

        Source: Culy, "Word embeddings for small corpora", 2018; for 17 million words about 10 epochs are best.
        """
        return Word2VecParameters(**settings_for_size(counts))

    def estimate(self, counts: Counts, parameters: Word2VecParameters, n_threads: int) -> Estimate:
        """Return time and memory, from the counts alone."""
        return estimate_training(counts, parameters, n_threads)

    def script(self, parameters: Word2VecParameters, data_file: str) -> str:
        """Return a script with gensim alone; `data_file` is the dataset's corpus file."""
        return word2vec_script(parameters.model_dump(), data_file)

    def train(self, data: TextDataset, parameters: Word2VecParameters, context: Context) -> TrainingResult:
        """Learn a vector for each word of at least `min_count` occurrences."""
        training = _Training(data, parameters, context)
        training.run()
        return training.result()


class _Training(GensimTraining):
    """One training, begun with vectors that are there already where that is asked for."""

    parameters: Word2VecParameters

    def begin(self) -> None:
        """Give the words that are known their vectors; the others, and all outputs, begin as gensim does."""
        words = self.model.wv.index_to_key
        known = asked_rows(self.parameters.start_from, words, self.parameters.vector_size, self.context)
        if known is not None:
            found, vectors = known
            self.model.wv.vectors[found] = vectors
