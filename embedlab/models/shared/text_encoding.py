"""Text as Keras reads it: words, their indices in a vocabulary, rows of one length.

The same as ``keras.layers.TextVectorization(standardize=None, split="whitespace", output_mode="int",
output_sequence_length=..., vocabulary=...)`` on words joined by blanks, without TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

#: Index that fills short documents, and index of every word outside the vocabulary.
PADDING, UNKNOWN = 0, 1
#: Words begin here.
FIRST_WORD = 2
PADDING_TOKEN, UNKNOWN_TOKEN = "", "[UNK]"


@dataclass(frozen=True)
class TextEncoder:
    """Turns words into rows of indices.

    Parameters
    ----------
    words
        The vocabulary; the word at place `i` gets the index ``i + 2``.
    sequence_length
        Length of every row: longer documents are cut, shorter ones filled with 0.
    """

    words: Sequence[str]
    sequence_length: int
    _indices: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        indices = {word: index for index, word in enumerate(self.words, start=FIRST_WORD)}
        object.__setattr__(self, "_indices", indices)

    @property
    def input_dim(self) -> int:
        """Rows of the table that the indices point into."""
        return len(self.words) + FIRST_WORD

    def knows(self, word: str) -> bool:
        """Tell whether a word is in the vocabulary."""
        return word in self._indices

    def encode(self, documents: Iterable[Sequence[str]]) -> npt.NDArray[np.int32]:
        """Return `(n_documents, sequence_length)` int32 indices."""
        rows = [
            [self._indices.get(word, UNKNOWN) for word in document[: self.sequence_length]] for document in documents
        ]
        encoded = np.full((len(rows), self.sequence_length), PADDING, np.int32)
        for row, indices in zip(encoded, rows, strict=True):
            row[: len(indices)] = indices
        return encoded


@dataclass(frozen=True)
class EncodingSteps:
    """The way of one text into an embedding, step by step.

    Parameters
    ----------
    tokens
        The words of the text, as many as are kept.
    indices
        `sequence_length` indices: one for each token, then 0.
    n_cut
        Words beyond `sequence_length`.
    n_unknown
        Kept words that the vocabulary does not hold.
    input_dim, output_dim
        Rows and columns of the table.
    """

    tokens: tuple[str, ...]
    indices: tuple[int, ...]
    n_cut: int
    n_unknown: int
    input_dim: int
    output_dim: int


def encoding_steps(tokens: Sequence[str], words: Sequence[str], sequence_length: int, output_dim: int) -> EncodingSteps:
    """Follow the tokens of a text to the rows of a table with `output_dim` columns."""
    encoder = TextEncoder(words, sequence_length)
    indices = encoder.encode([tokens])[0].tolist()
    return EncodingSteps(
        tokens=tuple(tokens[:sequence_length]),
        indices=tuple(indices),
        n_cut=max(0, len(tokens) - sequence_length),
        n_unknown=indices.count(UNKNOWN),
        input_dim=encoder.input_dim,
        output_dim=output_dim,
    )
