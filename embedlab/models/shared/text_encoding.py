"""Text encoding as in Keras: words, their indices in a vocabulary, rows of a fixed length.

The same as ``keras.layers.TextVectorization(standardize=None, split="whitespace", output_mode="int",
output_sequence_length=..., vocabulary=...)`` on words joined by spaces, without TensorFlow.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

#: Index that pads short documents, and index of all out-of-vocabulary words.
PADDING, UNKNOWN = 0, 1
#: Index of the first word.
FIRST_WORD = 2
PADDING_TOKEN, UNKNOWN_TOKEN = "", "[UNK]"


@dataclass(frozen=True)
class TextEncoder:
    """Encodes words as rows of indices.

    Parameters
    ----------
    words
        The vocabulary; the word at position `i` gets the index ``i + 2``.
    sequence_length
        Length of every row: longer documents are cut, shorter ones are padded with 0.
    """

    words: Sequence[str]
    sequence_length: int
    _indices: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        indices = {word: index for index, word in enumerate(self.words, start=FIRST_WORD)}
        object.__setattr__(self, "_indices", indices)

    @property
    def input_dim(self) -> int:
        """Number of rows of the embedding table."""
        return len(self.words) + FIRST_WORD

    def knows(self, word: str) -> bool:
        """Return whether a word is in the vocabulary."""
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
    """The encoding of one text, step by step.

    Parameters
    ----------
    tokens
        The words of the text, up to `sequence_length`.
    indices
        `sequence_length` indices: one for each token, then 0.
    n_cut
        Number of words beyond `sequence_length`.
    n_unknown
        Number of out-of-vocabulary words among the tokens.
    input_dim, output_dim
        Rows and columns of the embedding table.
    """

    tokens: tuple[str, ...]
    indices: tuple[int, ...]
    n_cut: int
    n_unknown: int
    input_dim: int
    output_dim: int


def encoding_steps(tokens: Sequence[str], words: Sequence[str], sequence_length: int, output_dim: int) -> EncodingSteps:
    """Return how the tokens of a text map to the rows of an embedding table with `output_dim` columns."""
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
