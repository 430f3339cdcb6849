"""Doc2Vec with gensim: a vector for each document, trained to predict its words; can infer vectors of new texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from embedlab.core.embedding import COUNT_COLUMN, Embedding
from embedlab.core.errors import InputError
from embedlab.core.kind import Counts
from embedlab.models.contract.base import (
    SNAPSHOT_KEYS,
    Context,
    Estimate,
    Model,
    Parameters,
    State,
    TrainingResult,
)
from embedlab.models.doc2vec.inference import PIECE_WORDS, Doc2VecInference, new_model, pieces
from embedlab.models.shared import word_loss
from embedlab.models.shared.documents import (
    check_documents,
    document_batches,
    document_label,
    documents_embedding,
    pack_words,
)
from embedlab.models.shared.epoch_loop import Snapshot
from embedlab.models.shared.gensim_loop import GensimLoop
from embedlab.models.shared.script_templates import model_script
from embedlab.models.shared.word_parameters import Alpha, MinCount, Sample, VectorSize, Window, Workers
from embedlab.models.shared.word_rows import expected_words, kept_vocabulary

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset

#: Words passed to gensim at a time, between two progress reports.
_SEGMENT_WORDS = 200_000
_EXAMPLE_DOCUMENTS = 500
_EXAMPLES_EACH = 4
#: Measured on a 2-core laptop-class machine.
_START_S = 2.0
_START_MB = 220.0
_READ_S = 1.0e-6
_TARGET_S = 9.0e-8
_TARGET_DIMENSION_S = 3.5e-10


class Doc2VecParameters(Parameters):
    """Parameters of Doc2Vec, named as in gensim."""

    main: ClassVar[tuple[str, ...]] = ("vector_size", "window", "epochs")

    dm: bool = Field(
        False,
        title="PV-DM",
        description="PV-DM: predict a word from its document and its context. Off: PV-DBOW, from its document alone.",
    )
    dbow_words: bool = Field(
        True,
        title="Word vectors with PV-DBOW",
        description="PV-DBOW: also train word vectors, with skip-gram in the same space; takes several times as long.",
    )
    vector_size: VectorSize = 100
    window: Window = 5
    min_count: MinCount = 2
    epochs: int = Field(20, title="Epochs", ge=1, le=10_000, description="Passes over the documents.")
    negative: int = Field(5, title="Negative samples", ge=1, le=100, description="Negative samples per positive word.")
    sample: Sample = 1e-3
    alpha: Alpha = 0.025
    workers: Workers = 1

    @property
    def learns_words(self) -> bool:
        """Whether the model also learns word vectors."""
        return self.dm or self.dbow_words


class Doc2Vec(Model[Doc2VecParameters, "TextDataset"]):
    """Paragraph vectors with negative sampling: PV-DBOW or PV-DM.

    Notes
    -----
    Le and Mikolov, "Distributed Representations of Sentences and Documents", 2014.
    """

    name: ClassVar[str] = "doc2vec"
    title: ClassVar[str] = "Doc2Vec"
    summary: ClassVar[str] = (
        "Documents that predict the same words get similar vectors. New texts can be placed among them."
    )
    task: ClassVar[str] = "documents"
    supports_resume: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("gensim",)
    parameters_class = Doc2VecParameters
    abilities = (Doc2VecInference,)
    reads_documents: ClassVar[bool] = True

    def defaults(self, counts: Counts) -> Doc2VecParameters:
        """Return more epochs, a lower `min_count` and shorter vectors for a small text."""
        n_tokens = max(1, counts["tokens"])
        small = n_tokens < 200_000
        return Doc2VecParameters(
            vector_size=50 if small else 100,
            min_count=(1 if n_tokens < 20_000 else 2) if small else 5,
            epochs=int(np.clip(10_000_000 / n_tokens, 10, 50)),
            workers=1 if n_tokens < 1_000_000 else 4,
        )

    def estimate(self, counts: Counts, parameters: Doc2VecParameters, n_threads: int) -> Estimate:
        """Return the time and memory, from the counts only."""
        n_words, n_documents = expected_words(counts, parameters.min_count), counts.get("documents", 1)
        per_target_s = _TARGET_S + _TARGET_DIMENSION_S * parameters.vector_size
        near, targets = parameters.window + 1, 1 + parameters.negative
        if parameters.dm:
            per_word_s = per_target_s * (targets + 1.2 * near)
        else:
            per_word_s = per_target_s * targets * (1 + (near if parameters.dbow_words else 0))
        kept = 0.8 if parameters.sample else 1.0
        workers = min(parameters.workers, n_threads)
        # One extra thread reads the documents.
        epoch_s = counts["tokens"] * max(kept * per_word_s / workers, _READ_S)
        memory = (n_words * 700 + (2 * n_words + n_documents) * parameters.vector_size * 8 + n_documents * 500) / 1e6
        memory += counts["vocabulary"] * 250 / 1e6
        return Estimate(float(_START_S + parameters.epochs * epoch_s), float(_START_MB + memory))

    def script(self, parameters: Doc2VecParameters, data_file: str) -> str:
        """Return a script that uses only gensim; `data_file` has one document per line."""
        flags = {"dm": int(parameters.dm), "dbow_words": int(parameters.dbow_words)}
        return model_script(__file__, parameters, **flags, data_file=data_file)

    def train(self, data: TextDataset, parameters: Doc2VecParameters, context: Context) -> TrainingResult:
        """Learn a vector for each document and, if the parameters say so, for each word."""
        check_documents(data)
        training = _Training(data, parameters, context)
        training.run()
        return training.result()


@dataclass(frozen=True)
class _Documents:
    """Documents `start` to `stop` (excluded) of the dataset."""

    start: int
    stop: int
    n_words: int

    @property
    def n_units(self) -> int:
        """Number of words, which a training counts."""
        return self.n_words


class _Training(GensimLoop[_Documents]):
    """One training: gensim's model, the documents with known words, and the fixed examples of the loss."""

    def __init__(self, data: TextDataset, parameters: Doc2VecParameters, context: Context) -> None:
        self.data, self.parameters, self.context = data, parameters, context
        self.vocabulary = kept_vocabulary(data.vocabulary, parameters.min_count)
        self.labels: list[str] = []
        self.lengths: list[int] = []
        self.segments, self.rows = self._scan_documents()
        #: Maps a document's number in the dataset to its number in the model; -1 without known words.
        self.places = np.full(data.n_documents, -1, np.int64)
        self.places[self.rows] = np.arange(len(self.rows))
        counts = dict(zip(self.vocabulary["word"], self.vocabulary["count"].tolist(), strict=True))
        workers = max(1, min(parameters.workers, context.n_threads))
        self.model = new_model(parameters.model_dump(), counts, len(self.rows), workers)
        self.loss = self._fixed_loss()
        n_long = sum(length > PIECE_WORDS for length in self.lengths)
        context.log(f"{len(self.rows):,} documents, {len(counts):,} words, {self.n_units:,} tokens, {workers} workers")
        if n_long:
            context.log(
                f"{n_long:,} documents of more than {PIECE_WORDS:,} words split into pieces that share a vector"
            )
        if context.resume_state is not None:
            self.resume(context.resume_state)

    def _scan_documents(self) -> tuple[list[_Documents], npt.NDArray[np.int64]]:
        """Read all documents once for the segments, the labels and lengths, and the rows with known words."""
        known = set(self.vocabulary["word"])
        segments: list[_Documents] = []
        rows: list[int] = []
        start = number = n_words = 0
        for batch in document_batches(self.data):
            for words in batch:
                if not known.isdisjoint(words):
                    rows.append(number)
                    self.labels.append(document_label(words))
                    self.lengths.append(len(words))
                number += 1
                n_words += len(words)
                if n_words >= _SEGMENT_WORDS:
                    segments.append(_Documents(start, number, n_words))
                    start, n_words = number, 0
            self.context.progress(epoch=0, n_epochs=self.parameters.epochs, share_of_epoch=0.0)
        if n_words:
            segments.append(_Documents(start, number, n_words))
        if len(rows) < 2:
            raise InputError(
                "Fewer than two documents contain words of the vocabulary.",
                received=f"{len(rows)} of {self.data.n_documents:,} documents",
                remedy="Choose a smaller min_count, or add more documents.",
            )
        return segments, np.array(rows, np.int64)

    @property
    def schedule(self) -> Doc2VecParameters:
        """Epochs and learning rate."""
        return self.parameters

    def tables(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the vectors of documents and words, and the output vectors."""
        return {"documents": self.model.dv.vectors, "vectors": self.model.wv.vectors, "outputs": self.model.syn1neg}

    def train_segment(self, segment: _Documents, start_alpha: float, end_alpha: float) -> int:
        """Train on the documents of one segment; return their number of words."""
        from gensim.models.doc2vec import TaggedDocument

        documents = [
            TaggedDocument(piece, [place])
            for place, words in zip(
                self.places[segment.start : segment.stop].tolist(),
                self.data.documents(segment.start, segment.stop),
                strict=True,
            )
            if place >= 0
            for piece in pieces(words)
        ]
        if documents:
            n_words = sum(len(document.words) for document in documents)
            self.model.train(
                documents,
                total_examples=len(documents),
                total_words=n_words,
                epochs=1,
                start_alpha=start_alpha,
                end_alpha=end_alpha,
            )
        return segment.n_words

    def snapshot(self) -> Snapshot:
        """Return the vectors of the first documents."""
        keys = [str(row) for row in self.rows[:SNAPSHOT_KEYS].tolist()]
        return {"documents": (keys, self.model.dv.vectors[:SNAPSHOT_KEYS].copy())}

    def _fixed_loss(self) -> Callable[[], float]:
        """Draw words of some documents once and return a function that computes the current loss on them."""
        rng = np.random.default_rng(self.parameters.seed)
        n_words = len(self.vocabulary)
        drawn: list[tuple[list[int], int]] = []
        for place in np.sort(rng.permutation(len(self.rows))[:_EXAMPLE_DOCUMENTS]).tolist():
            number = int(self.rows[place])
            index = self.model.wv.key_to_index
            words = [index[word] for word in self.data.documents(number, number + 1)[0] if word in index]
            for position in rng.integers(0, len(words), min(_EXAMPLES_EACH, len(words))).tolist():
                near = self._near(words, position) if self.parameters.dm else []
                drawn.append(([*near, n_words + place], words[position]))
        inputs = np.full((len(drawn), max(len(context) for context, _ in drawn)), -1, np.int64)
        for line, (context, _) in enumerate(drawn):
            inputs[line, : len(context)] = context
        centers = np.array([center for _, center in drawn], np.int32)
        counts = self.vocabulary["count"].to_numpy(np.int64)
        negatives = word_loss.draw_negatives(centers, counts, self.parameters.negative, rng)
        # Collect only the rows that are used: words first, then documents.
        used, compact = np.unique(inputs[inputs >= 0], return_inverse=True)
        inputs[inputs >= 0] = compact
        examples = word_loss.Examples(inputs.astype(np.int32), centers, negatives)
        used_words, used_documents = used[used < n_words], used[used >= n_words] - n_words

        def loss() -> float:
            table = np.concatenate([self.model.wv.vectors[used_words], self.model.dv.vectors[used_documents]])
            return word_loss.negative_sampling_loss(examples, table, self.model.syn1neg)

        return loss

    def _near(self, words: list[int], position: int) -> list[int]:
        window = self.parameters.window
        return words[max(0, position - window) : position] + words[position + 1 : position + 1 + window]

    def result(self) -> TrainingResult:
        """Return the documents, the words if they were trained, and the state needed to infer new texts."""
        embeddings = {
            "documents": documents_embedding(
                self.data, self.model.dv.vectors.copy(), self.rows, self.labels, self.lengths
            )
        }
        counts = self.vocabulary["count"].to_numpy(np.int64)
        if self.parameters.learns_words:
            metadata = pd.DataFrame({COUNT_COLUMN: counts})
            words = list(self.model.wv.index_to_key)
            embeddings["words"] = Embedding(self.model.wv.vectors.copy(), words, metadata=metadata)
        state = self.state()
        state = State(
            {**state.arrays, "words": pack_words(self.vocabulary["word"].tolist()), "counts": counts},
            {**state.config, "parameters": self.parameters.model_dump()},
        )
        left_out = self.data.n_documents - len(self.rows)
        return TrainingResult(embeddings, state, scores={"loss": self.loss(), "documents_left_out": left_out})
