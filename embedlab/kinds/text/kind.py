"""Text as a kind of dataset."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from embedlab.core.kind import Kind
from embedlab.kinds.base import BuildContext, Built, DatasetKind, Noun, Preview, Values
from embedlab.kinds.guess import Guess
from embedlab.reading.opened import OpenedUpload

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset
    from embedlab.kinds.text.options import TextOptions

_CELL = 300


class TextKind(DatasetKind["TextOptions"]):
    """Documents: lines, paragraphs, whole files, or a column of a table, with optional labels."""

    name = Kind.TEXT
    title = "Text"
    summary = "Documents as lines, paragraphs, files, or a column of a table."
    nouns: ClassVar[Mapping[str, Noun]] = {
        "documents": Noun("document", "documents"),
        "tokens": Noun("word", "words"),
        "vocabulary": Noun("different word", "different words"),
        "test_documents": Noun("test document", "test documents"),
    }
    sniff_order = 100
    reads_several_files = True
    has_words = True
    keys_are_words = True
    one_hot_count = "vocabulary"
    default_shares = (0.1, 0.2)
    cases = "documents"
    groups_duplicates = True
    files = (
        r"(corpus|originals)\.txt|(documents|line_offsets|original_starts|parts)\.npy"
        r"|(labels|vocabulary|phrases|columns)\.parquet"
    )

    @property
    def options_class(self) -> type[TextOptions]:
        """How a text is read."""
        from embedlab.kinds.text.options import TextOptions

        return TextOptions

    def sniff(self, upload: OpenedUpload) -> Guess:
        """Return the guess of the file as text: every file that is not binary can be read as text."""
        from embedlab.kinds.text.sniffing import text_in

        return text_in(upload)

    def guess_options(self, upload: OpenedUpload) -> TextOptions:
        """Return options that fit the content."""
        from embedlab.kinds.text.guessing import guess_text_options

        return guess_text_options(upload, upload.limits)

    def preview(self, upload: OpenedUpload, options: TextOptions, context: BuildContext) -> Preview:
        """Read the start of a text."""
        from embedlab.kinds.text.preview import preview_text

        seen = preview_text(upload, options, context.limits)
        rows = [[document.raw[:_CELL], " ".join(document.tokens)[:_CELL]] for document in seen.documents]
        return Preview(dict(seen.counts), ["Text", "Words"], rows, list(seen.warnings), seen.is_complete)

    def build(self, upload: OpenedUpload, options: TextOptions, folder: Path, context: BuildContext) -> Built:
        """Import a text, streaming."""
        from embedlab.kinds.text.dataset import import_text

        return Built(import_text(upload, options, folder, limits=context.limits, report=context.report))

    def open(self, folder: Path) -> TextDataset:
        """Open the text in a folder."""
        from embedlab.kinds.text.dataset import TextDataset

        return TextDataset.open(folder)

    def one_hot(self, dataset: TextDataset, min_count: int) -> Values:
        """Return the words with at least `min_count` occurrences."""
        words = dataset.vocabulary
        return Values(words.loc[words["count"] >= min_count, "word"].tolist(), {}, "words")

    def kept_words(self, dataset: TextDataset, min_count: int) -> tuple[int, int]:
        """Return the number of words with at least `min_count` occurrences, and of all their occurrences together."""
        return dataset.kept(min_count)

    def original(self, dataset: TextDataset, role: str, key: str) -> str | None:
        """Return a document as it was written, if it is stored."""
        if role != "documents" or not dataset.has_originals or not key.isdecimal():
            return None
        row = int(key)
        return dataset.original(row) if row < dataset.n_documents else None

    def words(self, dataset: TextDataset) -> list[str]:
        """Return all words, most frequent first."""
        words: list[str] = dataset.vocabulary["word"].tolist()
        return words
