"""Vectors made elsewhere as a kind of dataset: what is imported is an embedding already."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Never

from embedlab.core.errors import InputError
from embedlab.core.kind import Kind
from embedlab.kinds.base import BuildContext, Built, Companion, DatasetKind, Imported, Noun, Preview
from embedlab.kinds.companion_match import CompanionMatch, NamedFile, matched
from embedlab.kinds.guess import Guess
from embedlab.kinds.reading_report import report_of
from embedlab.reading.opened import OpenedUpload

if TYPE_CHECKING:
    from embedlab.kinds.vectors.importing import VectorsOptions

_SHOWN_COLUMNS = 6


class VectorsKind(DatasetKind["VectorsOptions"]):
    """Pre-trained vectors with their keys."""

    name = Kind.VECTORS
    title = "Vectors"
    summary = (
        "Pre-trained vectors: word2vec, fastText, GloVe, Embedding Projector, NumPy, CSV, JSON, safetensors, Keras, "
        "Parquet."
    )
    nouns: ClassVar[Mapping[str, Noun]] = {
        "keys": Noun("vector", "vectors"),
        "vector_size": Noun("dimension", "dimensions"),
    }
    example = "cat 0.21 -0.53 0.88\ndog 0.19 -0.48 0.91"
    example_keys = ("cat", "dog", "Brazil")
    companions = (
        Companion(
            "items",
            "Names and metadata",
            "One name per line, or columns separated by tabs; one row for each vector, with or without a header. A "
            "column of different names holds the keys; without one, vectors are numbered. The second file of the "
            "Embedding Projector's pair is such a file.",
        ),
    )
    sniff_order = 10
    is_embedding = True
    keys_are_words = True
    certain_counts = ("keys", "vector_size")
    # They are kept as an embedding.
    files = r"(?!)"

    @property
    def options_class(self) -> type[VectorsOptions]:
        """How a file of vectors is read."""
        from embedlab.kinds.vectors.importing import VectorsOptions

        return VectorsOptions

    def sniff(self, upload: OpenedUpload) -> Guess | None:
        """Return a guess if the file holds keys and vectors, or vectors alone."""
        from embedlab.kinds.vectors.sniffing import vectors_in

        return vectors_in(upload)

    def guess_options(self, upload: OpenedUpload) -> VectorsOptions:
        """Return options with the format detected from the content."""
        from embedlab.kinds.vectors.importing import guess_vectors_options
        from embedlab.kinds.vectors.sniffing import is_container

        if is_container(upload):
            return guess_vectors_options(upload, upload.limits)
        found = guess_vectors_options(upload, upload.limits, upload.member)
        return found.model_copy(update={"member": upload.member})

    def preview(self, upload: OpenedUpload, options: VectorsOptions, context: BuildContext) -> Preview:
        """Read the first vectors."""
        from embedlab.kinds.vectors.previewing import FIRST, preview_vectors

        metadata = context.companions.get("items")
        read, is_complete = preview_vectors(upload, options, metadata_path=metadata, limits=context.limits)
        embedding = read.embedding
        shown = range(min(_SHOWN_COLUMNS, embedding.vector_size))
        rows = [
            [str(key), *(f"{vector[place]:g}" for place in shown)]
            for key, vector in zip(embedding.keys[:FIRST], embedding.vectors[:FIRST], strict=True)
        ]
        counts: dict[str, int | float] = {"keys": embedding.n_keys, "vector_size": embedding.vector_size}
        columns = ["Key", *(f"column {place}" for place in shown)]
        warnings = read.changes.sentences()
        return Preview(counts, columns, rows, warnings, is_complete=is_complete)

    def build(self, upload: OpenedUpload, options: VectorsOptions, folder: Path, context: BuildContext) -> Built:  # noqa: ARG002
        """Read the vectors as an embedding, those of chosen words alone where options say so."""
        from embedlab.kinds.vectors.importing import import_vectors

        read = import_vectors(
            upload,
            options=options,
            metadata_path=context.companions.get("items"),
            words=None if options.words_of is None else context.words_of(options.words_of),
            limits=context.limits,
            report=context.report,
        )
        embedding = read.embedding
        counts: dict[str, int | float] = {"keys": embedding.n_keys, "vector_size": embedding.vector_size}
        imported = Imported(
            self.name,
            counts,
            options.model_dump(mode="json", exclude_unset=True),
            read.changes.sentences(),
            report_of(read.read, read.changes),
        )
        return Built(imported, embedding)

    def match_companion(self, main: NamedFile, other: NamedFile) -> CompanionMatch | None:
        """Return whether a file has a row for each vector."""
        from embedlab.kinds.vectors.companions import match

        return match(main, other)

    def companion_summary(self, name: str, imported: Imported) -> str:  # noqa: ARG002
        """Return that all vectors have their row: without that, the import fails."""
        n = int(imported.counts["keys"])
        return matched("names and metadata", n, n, "vectors")

    def open(self, folder: Path) -> Never:
        """Raise `InputError`: the data is in its embedding."""
        raise InputError("Vectors are an embedding already; there is nothing to train.", received=folder.name)

    def words_from(self, options: Mapping[str, Any]) -> str | None:
        """Return the dataset whose words the vectors are cut to."""
        return str(options["words_of"]) if options.get("words_of") else None
