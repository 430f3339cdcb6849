"""The first vectors of a file, read as the import reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from embedlab.kinds.vectors.importing import ReadVectors, import_vectors
from embedlab.kinds.vectors.options import VectorsOptions
from embedlab.reading.sources import Limits, StoredFile

#: Vectors shown.
FIRST: Final = 20
#: Files up to this size are read whole, so that the preview knows what the import will leave out.
_SMALL_BYTES: Final = 4 * 1024**2


def preview_vectors(
    file: Path | StoredFile, options: VectorsOptions, *, metadata_path: Path | None = None, limits: Limits
) -> tuple[ReadVectors, bool]:
    """Read the first 20 vectors, or all of a small file; return them, and whether these are all.

    Raises
    ------
    InputError
        As `import_vectors`.
    """
    upload = StoredFile.of(file, limits)
    is_whole = upload.path.stat().st_size <= _SMALL_BYTES and options.first is None
    first = None if is_whole else min(options.first or FIRST, FIRST)
    chosen = options.model_copy(update={"first": first})
    read = import_vectors(upload, options=chosen, metadata_path=metadata_path, limits=limits)
    return read, is_whole or read.embedding.n_keys < FIRST
