"""Layouts: how records are arranged in a file."""

from __future__ import annotations

from enum import StrEnum


class Layout(StrEnum):
    """How records are arranged in a file."""

    LINES = "lines"
    PARAGRAPHS = "paragraphs"
    DOCUMENT = "document"
    SUBTITLES = "subtitles"
    WIKIPEDIA = "wikipedia"
    STRINGS = "strings"
    DELIMITED = "delimited"
    JSONL = "jsonl"
    JSON = "json"
    EXCEL = "excel"
    BLOCKS = "blocks"
    PARQUET = "parquet"
    WORD2VEC_TEXT = "word2vec-text"
    WORD2VEC_BINARY = "word2vec-binary"
    GLOVE_TEXT = "glove-text"
    PROJECTOR_TSV = "projector-tsv"
    NUMPY = "npy"
    NUMBERS = "numbers"
    VECTOR_TABLE = "vector-table"
    VECTOR_JSON = "vector-json"
    VECTOR_JSON_LINES = "vector-jsonl"
    NUMPY_ARCHIVE = "npz"
    SAFETENSORS = "safetensors"
    FASTTEXT_BINARY = "fasttext-binary"
    HDF5 = "hdf5"
    IDX = "idx"
    PICTURES = "pictures"
    SOUNDS = "sounds"

    @property
    def is_table(self) -> bool:
        """Whether records are rows of a table whose columns have a name or a number."""
        return self in {
            Layout.DELIMITED,
            Layout.JSONL,
            Layout.PARQUET,
            Layout.JSON,
            Layout.EXCEL,
            Layout.BLOCKS,
        }
