"""Text as a kind of dataset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from embedlab.core.kind import Kind
from embedlab.core.plain import one_line
from embedlab.kinds.base import BuildContext, Built, Companion, DatasetKind, Imported, KeyNames, Noun, Preview, Values
from embedlab.kinds.companion_match import CompanionMatch, NamedFile, matched
from embedlab.kinds.guess import Guess
from embedlab.reading.opened import OpenedUpload

if TYPE_CHECKING:
    from embedlab.kinds.text.dataset import TextDataset
    from embedlab.kinds.text.options import TextOptions

_CELL = 300
_NAMING_WORDS = 20
_LONGEST_NAME = 80
#: This many documents are enough to find the most common labels.
_MOST_CLASSIFIED = 200_000


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
    example = "The ferry left the harbor at dawn.\nBread and cheese were cheap that year."
    example_keys = ("hotel", "resort", "Brazil")
    companions = (
        Companion(
            "labels",
            "Labels file",
            "One label per document, in the same order; or a table of ids and labels for a table with the same ids.",
        ),
    )
    sniff_order = 100
    reads_several_files = True
    has_words = True
    keys_are_words = True
    one_hot_count = "vocabulary"
    default_shares = (0.1, 0.2)
    cases = "documents"
    certain_counts = ("documents", "tokens", "vocabulary")
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

        guess = text_in(upload)
        # No other kind has found rows below it; whoever chooses text can still import it.
        upload.refuse_header_only()
        return guess

    def guess_options(self, upload: OpenedUpload) -> TextOptions:
        """Return options that fit the content."""
        from embedlab.kinds.text.guessing import guess_text_options

        return guess_text_options(upload, upload.limits)

    def preview(self, upload: OpenedUpload, options: TextOptions, context: BuildContext) -> Preview:
        """Read the start of a text."""
        from embedlab.kinds.text.companions import preview_joined
        from embedlab.kinds.text.preview import preview_text

        labels_path = context.companions.get("labels")
        if labels_path is None:
            seen = preview_text(upload, options, context.limits)
        else:
            seen = preview_joined(upload, options, labels_path)
        rows = [[document.raw[:_CELL], " ".join(document.tokens)[:_CELL]] for document in seen.documents]
        names = ["Text", "Words"]
        if seen.labels is not None:
            names = ["Label", *names]
            rows = [[document.label or "", *row] for document, row in zip(seen.documents, rows, strict=True)]
        return Preview(dict(seen.counts), names, rows, list(seen.warnings), seen.is_complete)

    def build(self, upload: OpenedUpload, options: TextOptions, folder: Path, context: BuildContext) -> Built:
        """Import a text, streaming."""
        from embedlab.kinds.text.companions import joined
        from embedlab.kinds.text.dataset import import_text

        labels_path = context.companions.get("labels")
        if labels_path is None:
            return Built(import_text(upload, options, folder, limits=context.limits, report=context.report))
        with joined(upload, options, labels_path) as (table, of_table):
            imported = import_text(table, of_table, folder, limits=context.limits, report=context.report)
        # The options are those of the user's file.
        return Built(replace(imported, options=options.model_dump(mode="json")))

    def match_companion(self, main: NamedFile, other: NamedFile) -> CompanionMatch | None:
        """Return whether a file holds the labels of these documents."""
        from embedlab.kinds.text.companions import match

        return match(main, other)

    def companion_summary(self, name: str, imported: Imported) -> str:  # noqa: ARG002
        """Return how many documents have a label."""
        n_documents = int(imported.counts["documents"])
        most_frequent = imported.details.get("labels", {}).get("most_frequent", [])
        n_unlabeled = sum(each["documents"] for each in most_frequent if not each["label"])
        return matched("labels", n_documents - n_unlabeled, n_documents, "documents")

    def open(self, folder: Path) -> TextDataset:
        """Open the text in a folder."""
        from embedlab.kinds.text.dataset import TextDataset

        return TextDataset.open(folder)

    def one_hot(self, dataset: TextDataset, min_count: int) -> Values:
        """Return the words with at least `min_count` occurrences."""
        words = dataset.vocabulary
        return Values(words.loc[words["count"] >= min_count, "word"].tolist(), {}, "words")

    def key_names(self, dataset: TextDataset, role: str, most: int) -> KeyNames:
        """Return the first words and the labels of documents; words are their own names."""
        if role != "documents":
            return KeyNames({}, {})
        firsts = (one_line(" ".join(words[:_NAMING_WORDS]), _LONGEST_NAME) for words in dataset.documents(0, most))
        labels = dataset.labels
        classes = {} if labels is None else dict(enumerate(labels["label"].head(_MOST_CLASSIFIED).tolist()))
        return KeyNames(
            {str(row): name for row, name in enumerate(firsts)},
            {str(row): str(label) for row, label in classes.items()},
        )

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
