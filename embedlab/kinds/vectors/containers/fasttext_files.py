"""Vectors of fastText's binary models (`.bin`): each word is the mean of its own row and those of its subwords."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np

from embedlab.core.embedding import Vectors
from embedlab.core.errors import InputError
from embedlab.kinds.reading_report import Changes
from embedlab.kinds.vectors.formats import FASTTEXT_MAGIC, LONGEST_KEY_BYTES, check_amount, check_vector_size
from embedlab.kinds.vectors.key_encodings import KeyDecoder
from embedlab.kinds.vectors.keyed_rows import KeyedRows
from embedlab.kinds.vectors.options import VectorsOptions
from embedlab.kinds.vectors.rows import Tick, Wanted, none_wanted
from embedlab.reading.sources import Limits, StoredFile, unpacked_file

_VERSION: Final = 12
_WORD: Final = 0
_END_OF_SENTENCE: Final = "</s>"
#: Longest n-grams that are read; fastText's own default is 6.
_LONGEST_NGRAM: Final = 100
#: More words than this have no place in the bounds for vectors.
_MOST_ENTRIES: Final = 2**28


@dataclass(frozen=True)
class _Header:
    vector_size: int
    n_buckets: int
    shortest: int
    longest: int


def read_fasttext(
    path: Path | StoredFile,
    options: VectorsOptions,
    limits: Limits,
    *,
    decoder: KeyDecoder,
    changes: Changes,
    tick: Tick,
    wanted: Wanted | None,
) -> KeyedRows:
    """Read the words of a fastText model with their vectors; rows of subwords alone are counted and left out.

    Raises
    ------
    InputError
        The file is damaged, of another version, or quantized.
    TooLargeError
        It is above the bounds for vectors.

    Notes
    -----
    The format is that of `FastText::saveModel`
    (https://github.com/facebookresearch/fastText/blob/main/src/fasttext.cc). Only numbers and names are read.
    """
    with unpacked_file(path, limits, options.member) as plain, plain.open("rb") as stream:
        try:
            header = _read_header(stream)
            words, n_words = _read_words(stream, options.first, decoder, tick)
            start, n_rows = _read_matrix_header(stream, plain, header, n_words)
        except (struct.error, EOFError) as error:
            raise _damaged(str(error)) from error
        # The file may be an unpacked copy, which is gone when the block ends.
        rows = np.memmap(plain, "<f4", "r", start, (n_rows, header.vector_size))
        kept = [(row, word) for row, word in enumerate(words) if wanted is None or wanted(word)]
        if not kept:
            raise none_wanted(len(words))
        check_amount(len(kept), header.vector_size)
        vectors: Vectors = np.empty((len(kept), header.vector_size), np.float32)
        subwords = _subword_rows(header, n_words)
        for position, (row, word) in enumerate(kept):
            places = [row, *([] if word == _END_OF_SENTENCE else subwords(word))]
            vectors[position] = rows[places].mean(axis=0, dtype=np.float64)
            if position % 1000 == 0:
                tick()
        del rows
    if header.n_buckets and header.longest:
        example = f"n-grams of {header.shortest} to {header.longest} characters"
        changes.leave_out("rows of subwords, so that unknown words get no vectors", example, n_rows - n_words)
    return KeyedRows(
        [word for _, word in kept],
        vectors,
        n_in_file=n_words,
        layout="fasttext-binary",
        columns={"key": ["word"], "vector": [], "metadata": []},
        assumptions=["The vector of a word is the mean of its own row and those of its subwords, as in fastText."],
    )


def _read_header(stream: BinaryIO) -> _Header:
    magic = stream.read(4)
    (version,) = _unpacked(stream, "<i")
    if magic != FASTTEXT_MAGIC or version != _VERSION:
        raise InputError(
            "This version of fastText's format is not read.",
            received=version,
            remedy="Bring the .vec file of the same model.",
        )
    size, _, _, _, _, _, _, _, buckets, shortest, longest, _ = _unpacked(stream, "<12i")
    _unpacked(stream, "<d")
    check_vector_size(size)
    if buckets < 0 or shortest < 0 or longest < 0 or longest > _LONGEST_NGRAM:
        raise _damaged(f"buckets {buckets}, n-grams {shortest} to {longest}")
    return _Header(size, buckets, shortest, longest)


def _read_words(stream: BinaryIO, first: int | None, decoder: KeyDecoder, tick: Tick) -> tuple[list[str], int]:
    n_entries, n_words, _, _, n_pruned = _unpacked(stream, "<3i2q")
    if not 0 < n_words <= n_entries <= _MOST_ENTRIES:
        raise _damaged(f"{n_words:,} words of {n_entries:,} entries")
    words: list[str] = []
    for entry in range(n_entries):
        word = _until_zero(stream)
        _, kind = _unpacked(stream, "<qb")
        if kind == _WORD and (first is None or len(words) < first):
            words.append(decoder.decode(word))
        if entry % 10_000 == 0:
            tick()
    if n_pruned > 0:
        raise _quantized()
    return words, n_words


def _until_zero(stream: BinaryIO) -> bytes:
    pieces = bytearray()
    while (one := stream.read(1)) != b"\0":
        if not one or len(pieces) > LONGEST_KEY_BYTES:
            raise EOFError("a word never ends")
        pieces += one
    return bytes(pieces)


def _read_matrix_header(stream: BinaryIO, path: Path, header: _Header, n_words: int) -> tuple[int, int]:
    (is_quantized,) = _unpacked(stream, "<?")
    if is_quantized:
        raise _quantized()
    n_rows, size = _unpacked(stream, "<2q")
    start = stream.tell()
    if size != header.vector_size or n_rows < n_words + (header.n_buckets if header.longest else 0):
        raise _damaged(f"{n_rows:,} rows of {size:,} numbers")
    if start + n_rows * size * 4 > path.stat().st_size:
        raise _damaged(f"{n_rows:,} rows promised, the file ends before")
    return start, n_rows


def _subword_rows(header: _Header, n_words: int) -> Callable[[str], list[int]]:
    if not header.longest or not header.n_buckets:
        return lambda _word: []
    from gensim.models.fasttext import ft_ngram_hashes

    return lambda word: [
        n_words + row for row in ft_ngram_hashes(word, header.shortest, header.longest, header.n_buckets)
    ]


def _unpacked(stream: BinaryIO, layout: str) -> tuple[int, ...]:
    return struct.unpack(layout, stream.read(struct.calcsize(layout)))


def _quantized() -> InputError:
    return InputError(
        "Quantized fastText models (.ftz) are not read.", remedy="Bring the .bin or .vec file of the same model."
    )


def _damaged(received: str) -> InputError:
    return InputError(
        "The fastText model is cut short or damaged.", received=received, remedy="Download or export it again."
    )
