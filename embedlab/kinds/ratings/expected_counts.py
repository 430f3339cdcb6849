"""How many ratings a file has, before all of it has been read."""

from __future__ import annotations

from collections.abc import Mapping

from embedlab.reading.opened import OpenedUpload


def expected_counts(upload: OpenedUpload, counts: Mapping[str, int], *, is_all: bool) -> dict[str, int | float]:
    """Return the counts of a ratings file from those of its first part.

    The ratings are extrapolated from the length of the first lines of a plain file; users and items stay those seen.
    """
    found: dict[str, int | float] = dict(counts)
    if not is_all and upload.contents.packing is None and not upload.is_parquet:
        bytes_per_line = len(upload.head) / max(1, upload.head.count(b"\n"))
        found["ratings"] = max(counts["ratings"], round(upload.path.stat().st_size / bytes_per_line))
    return found
