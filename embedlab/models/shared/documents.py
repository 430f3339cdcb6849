"""The documents of a text as models read them: in batches, or in a file with one document per line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from embedlab.core.embedding import COUNT_COLUMN, KEY_COLUMN, LABEL_COLUMN, Embedding, Vectors
from embedlab.core.errors import InputError
from embedlab.core.plain import one_line

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset

#: The metadata column with the dataset's label of each document.
CLASS_COLUMN = "class"
#: The metadata column with the number of words of each document.
LENGTH_COLUMN = "n_tokens"
_BATCH = 500
_LABEL_WORDS = 20
_LABEL_CHARACTERS = 80
_HEAD_CHARACTERS = 400


def document_batches(data: TextDataset) -> Iterator[list[list[str]]]:
    """Yield the words of all documents, a few hundred documents at a time."""
    for start in range(0, data.n_documents, _BATCH):
        yield data.documents(start, start + _BATCH)


def check_documents(data: TextDataset) -> None:
    """Raise `InputError` if there are fewer than two documents."""
    if data.n_documents < 2:
        raise single_document()


def single_document() -> InputError:
    """Return the error for a text of one document, for models that compare documents."""
    return InputError(
        "The text is a single document: there is nothing to compare.",
        received="1 document",
        remedy="Import the text with one document per line or per paragraph.",
    )


def document_label(words: Sequence[str]) -> str:
    """Return the first words of a document as one short line."""
    return one_line(" ".join(words[: _LABEL_WORDS + 1]), _LABEL_CHARACTERS)


def documents_embedding(
    data: TextDataset, vectors: Vectors, rows: npt.NDArray[np.int64], labels: list[str], lengths: list[int]
) -> Embedding:
    """Return the embedding `documents`.

    Parameters
    ----------
    vectors
        `(n, vector_size)` float32.
    rows
        `(n,)` numbers of the documents in the dataset, from 0: the keys of the embedding.
    labels, lengths
        The first words and the number of words of the `n` documents.
    """
    metadata = pd.DataFrame({LENGTH_COLUMN: np.asarray(lengths, dtype=np.int64)})
    if data.labels is not None:
        metadata.insert(0, _free(label_column(data), [LENGTH_COLUMN]), data.labels["label"].to_numpy()[rows])
    others = data.columns(rows)
    for name in others.columns:
        metadata[_free(str(name), metadata.columns)] = others[name].to_numpy()
    if data.has_originals:
        # A document is recognized by its own spelling, which its words have lost.
        labels = [
            one_line(" ".join(text.split()), _LABEL_CHARACTERS) or label
            for text, label in zip(data.originals(rows, _HEAD_CHARACTERS), labels, strict=True)
        ]
    return Embedding(vectors, [str(row) for row in rows.tolist()], labels, metadata)


def label_column(data: TextDataset) -> str:
    """Return the metadata column with the label of each document: its own name, or `class` where it has none."""
    name = data.label_name
    return CLASS_COLUMN if name is None or name == LABEL_COLUMN else name


def _free(name: str, used: Iterable[str]) -> str:
    """Return a name that a metadata column may have."""
    if name in {KEY_COLUMN, LABEL_COLUMN, COUNT_COLUMN}:
        name = f"{name} (file)"
    while name in set(used):
        name = f"{name} (file)"
    return name


def write_documents(data: TextDataset, path: Path) -> None:
    """Write one document per line, words separated by one space; a document without words is an empty line."""
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="\n") as stream:
        for batch in document_batches(data):
            stream.writelines(" ".join(words) + "\n" for words in batch)


def pack_words(words: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Return words (without line breaks) as one array of bytes, which can be stored without pickle."""
    return np.frombuffer("\n".join(words).encode("utf-8", errors="surrogatepass"), dtype=np.uint8)


def unpack_words(packed: npt.NDArray[np.uint8]) -> list[str]:
    """Return what `pack_words` packed."""
    return packed.tobytes().decode("utf-8", errors="surrogatepass").split("\n")
