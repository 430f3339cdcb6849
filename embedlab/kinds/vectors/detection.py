"""What a file of vectors is: one decision for sniffing, preview and import."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from embedlab.core.errors import InputError, UnsureError
from embedlab.kinds.vectors.containers.hdf5_files import KERAS_WEIGHTS
from embedlab.kinds.vectors.containers.npz_files import is_npz
from embedlab.kinds.vectors.formats import VectorsFormat, binary_format, check_vector_size, read_header
from embedlab.kinds.vectors.json_files import starts_like_vectors
from embedlab.kinds.vectors.key_encodings import KeyEncoding, detect
from embedlab.kinds.vectors.line_shapes import LineShape, Rows, is_value, shape_of
from embedlab.kinds.vectors.options import VectorsOptions

#: How much of a file is looked at.
HEAD_BYTES: Final = 1 << 20
_TEXT_FORMATS: Final = ("word2vec", "glove", "tsv", "numbers", "table")
_ROWS: Final[dict[str, Rows]] = {"glove": "keyed", "tsv": "numbers", "numbers": "numbers"}


@dataclass(frozen=True)
class Detected:
    """The format of a file; for text also its encoding, and for lines how they hold vectors."""

    format: VectorsFormat
    encoding: KeyEncoding | None = None
    shape: LineShape | None = None


def container_of(members: Sequence[str]) -> tuple[VectorsFormat, str | None] | None:
    """Return the format of a zip archive that is one itself, and the file in it to read; None for all others.

    Raises
    ------
    InputError
        It is a PyTorch file, which holds a pickle.
    """
    if any(name == "data.pkl" or name.endswith("/data.pkl") for name in members):
        raise InputError(
            "The file holds a pickle, which could run any code; EmbedLab never opens one.",
            received="a PyTorch file (.pt, .pth)",
            remedy="Save the weights as data: safetensors.torch.save_file({'vectors': weight}, 'vectors.safetensors').",
        )
    if KERAS_WEIGHTS in members:
        return "hdf5", KERAS_WEIGHTS
    return ("npz", None) if is_npz(members) else None


def detect_format(head: bytes, options: VectorsOptions) -> Detected:
    """Return what a file is that begins with `head` (the first MiB).

    Raises
    ------
    InputError
        The file is empty, holds a pickle, or is in no known format.
    UnsureError
        Its encoding cannot be detected.
    """
    if not head.strip():
        raise InputError("The file is empty.", received="no text", remedy="Bring a file of vectors.")
    binary = binary_format(head)
    if binary is not None:
        return Detected(binary)
    encoding = detect(head, options.encoding, is_whole=len(head) < HEAD_BYTES)
    lines, is_whole = lines_of(head, encoding.name)
    text = _as_json(lines, is_whole=is_whole)
    if text is not None:
        return Detected(text, encoding)
    if options.format in _TEXT_FORMATS:
        return Detected(options.format, encoding, _forced(options, lines, head))
    shape = shape_of(lines, options.keys)
    header = read_header(head)
    is_matrix = shape is not None and (
        shape.announced is not None or all(len(line.split()) in {0, 2} for line in lines)
    )
    if header is not None and not is_matrix:
        check_vector_size(header.vector_size)
    if shape is None:
        raise _unknown(head)
    return Detected(format_of(shape), encoding, shape)


def lines_of(head: bytes, encoding: str) -> tuple[list[str], bool]:
    """Return the whole lines at the start of a file, and whether they are all of it."""
    is_whole = len(head) < HEAD_BYTES
    try:
        text = codecs.getincrementaldecoder(encoding)("replace").decode(head, is_whole).removeprefix("\ufeff")
    except UnicodeError as error:
        raise InputError(
            "The file is not in this encoding.", received=f"{encoding}: {error}", remedy="Choose another encoding."
        ) from error
    lines = text.replace("\r\n", "\n").split("\n")
    return (lines if is_whole or len(lines) < 2 else lines[:-1]), is_whole


def format_of(shape: LineShape) -> VectorsFormat:
    """Return the format that lines of this shape make."""
    if shape.announced is not None:
        return "word2vec"
    if shape.rows == "numbers":
        return "tsv" if shape.separator == "\t" else "numbers"
    return "glove" if shape.rows == "keyed" and shape.separator is None else "table"


def _as_json(lines: list[str], *, is_whole: bool) -> VectorsFormat | None:
    full = [line.strip() for line in lines if line.strip()][:3]
    if not full or full[0][0] not in "{[":
        return None
    text = "\n".join(lines)
    if len(full) > 1 and all(line[0] in "{[" and line[-1] in "}]" for line in full):
        return "jsonl"
    if len(full) == 1 and is_whole and full[0][0] == "{" and '": [' not in full[0] and '":[' not in full[0]:
        return "jsonl"
    looks = starts_like_vectors(text) or is_whole or full[0] in {"{", "["}
    return "json" if looks else None


def _forced(options: VectorsOptions, lines: list[str], head: bytes) -> LineShape:
    """Return the shape of lines in a format that the user chose."""
    full = [line for line in lines if line.strip()]
    found = shape_of(lines, options.keys)
    if options.format == "word2vec":
        header = read_header(head.removeprefix(codecs.BOM_UTF8))
        if header is None and (found is None or found.announced is None):
            raise InputError(
                "A word2vec file begins with a line of two numbers: how many keys, and how many numbers each.",
                received=head[:80].decode("utf-8", "replace"),
                remedy="Choose another format.",
            )
        if found is not None and found.announced is not None:
            return found
        assert header is not None  # noqa: S101
        check_vector_size(header.vector_size)
        return LineShape("keyed", header.vector_size, None, 1, announced=(header.n_keys, header.vector_size))
    if found is not None and format_of(found) == options.format:
        return found
    if options.format == "table":
        raise _unknown(head)
    rows = [line.split() for line in full[:200]]
    wanted: Rows = _ROWS[str(options.format)]
    lengths = Counter(len(row) for row in rows if all(map(is_value, row[1:])))
    size = (lengths.most_common(1)[0][0] if lengths else len(rows[0])) - (wanted == "keyed")
    check_vector_size(size)
    return LineShape(wanted, size, None, sample=rows[:3])


def _unknown(head: bytes) -> InputError:
    return InputError(
        "This is no known format of vectors.",
        received=head[:80].decode("utf-8", "replace"),
        remedy="Bring word2vec, GloVe or fastText files, numbers with or without names (TSV, CSV, numpy.savetxt), "
        "JSON, .npy, .npz, .safetensors, Keras weights or Parquet.",
    )


def guess_format(head: bytes) -> VectorsFormat:
    """Return the format of a file that begins with `head`.

    Raises
    ------
    InputError
        The file is empty, holds a pickle, or is in no known format.
    """
    try:
        return detect_format(head, VectorsOptions()).format
    except UnsureError:
        # The format does not depend on the encoding of the keys.
        return detect_format(head, VectorsOptions(encoding="cp1252")).format
