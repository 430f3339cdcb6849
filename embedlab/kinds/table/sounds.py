"""A zip archive of short WAV files as a table: a row for each, with its name, its folder and its features."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final

import numpy as np
import pyarrow as pa

from embedlab.core.errors import EmbedLabError, InputError, TooLargeError
from embedlab.core.plain import one_line
from embedlab.kinds.reading_report import Changes
from embedlab.kinds.table.options import ColumnChoice
from embedlab.kinds.table.sound_features import (
    FEATURES,
    MOST_BYTES,
    MOST_SECONDS,
    SAMPLE_RATE_HZ,
    check_libraries,
    decode_wav,
    features_of,
    is_wav,
)
from embedlab.reading.opened import OpenedUpload

#: More files are refused: at about 20 ms each, they would take minutes.
MOST_SOUNDS: Final = 20_000
#: Files read for a preview.
MOST_PREVIEWED: Final = 20
# A column cannot be named label: the metadata of embeddings has one.
NAME, CLASS = "file", "class"
_SUFFIXES: Final = frozenset({".wav", ".wave"})
_LONGEST_NAME: Final = 200
_ROWS_AT_ONCE: Final = 100
#: Files whose first bytes show whether the archive holds sounds.
_TRIED: Final = 5
UNREADABLE: Final = "sounds that cannot be read"
CUT: Final = f"sounds cut to their first {MOST_SECONDS} seconds"


@dataclass
class SoundArchive:
    """The sounds of an archive, read one at a time.

    Parameters
    ----------
    upload
        A zip archive.
    files
        Names of its WAV files, in the order of the archive.
    has_classes
        Whether they are in several folders, whose names are their classes.
    changes
        Counts files that are left out or cut, when rows are read.
    """

    upload: OpenedUpload
    files: tuple[str, ...]
    has_classes: bool
    changes: Changes = field(default_factory=Changes)
    share_read: float = 0.0

    def check(self) -> None:
        """Raise `TooLargeError` if there are more than 20,000 sounds."""
        if len(self.files) > MOST_SOUNDS:
            raise TooLargeError(
                f"The archive holds more than {MOST_SOUNDS:,} sounds.",
                received=f"{len(self.files):,}",
                remedy="Pack fewer of them.",
            )

    @property
    def names(self) -> list[str]:
        """Names of the columns."""
        return [NAME, *([CLASS] if self.has_classes else []), *FEATURES]

    @property
    def types(self) -> dict[int, ColumnChoice]:
        """Types of the columns by their number."""
        known: dict[int, ColumnChoice] = {0: "id", **({1: "category"} if self.has_classes else {})}
        return {place: known.get(place, "number") for place in range(len(self.names))}

    @property
    def reasons(self) -> list[str]:
        """What is assumed, as plain sentences."""
        said = [
            f"The archive holds {len(self.files):,} WAV files: each is a row of means and standard deviations of its "
            "mel-frequency cepstral coefficients (MFCC) and of its spectral centroid, zero-crossing rate and loudness.",
            f"At most {MOST_SECONDS} seconds of a file are read, as one channel at {SAMPLE_RATE_HZ:,} Hz.",
        ]
        return [*said, *(["The folder of a file is its class."] if self.has_classes else [])]

    def preview(self) -> SoundArchive:
        """Return the same archive with a few files from all over it."""
        places = np.unique(np.linspace(0, len(self.files) - 1, min(MOST_PREVIEWED, len(self.files))).astype(int))
        return SoundArchive(self.upload, tuple(self.files[place] for place in places), self.has_classes)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows as text; files that cannot be read are counted with their names and left out.

        Raises
        ------
        InputError
            No file can be read, or librosa is not installed.
        """
        check_libraries()
        rows: list[list[str]] = []
        n_read = 0
        with self.upload.share_archive():
            for place, name in enumerate(self.files):
                row = self._row(name)
                self.share_read = (place + 1) / len(self.files)
                if row is not None:
                    rows.append(row)
                    n_read += 1
                if rows and (len(rows) >= _ROWS_AT_ONCE or place % 10 == 0):
                    yield self._batch(rows)
                    rows = []
        if rows:
            yield self._batch(rows)
        if not n_read:
            raise InputError(
                "None of the sounds can be read.",
                received=self.unreadable[0],
                remedy="Pack WAV files with samples of 8, 16, 24 or 32 bits.",
            )

    @property
    def unreadable(self) -> list[str]:
        """The first files that were left out, each with the reason."""
        counted = self.changes.as_details()["left_out"].get(UNREADABLE)
        return [] if counted is None else list(counted["examples"])

    @property
    def n_unreadable(self) -> int:
        """Number of files that were left out."""
        counted = self.changes.as_details()["left_out"].get(UNREADABLE)
        return 0 if counted is None else int(counted["count"])

    def _batch(self, rows: list[list[str]]) -> pa.RecordBatch:
        columns = [pa.array(cells, pa.large_string()) for cells in zip(*rows, strict=True)]
        return pa.RecordBatch.from_arrays(columns, [str(place) for place in range(len(self.names))])

    def _row(self, name: str) -> list[str] | None:
        shown = one_line(name, _LONGEST_NAME)
        try:
            with self.upload.of_member(name).open() as source:
                sound = decode_wav(source.read(MOST_BYTES + 1))
            features = features_of(sound)
        except EmbedLabError as error:
            self.changes.leave_out(UNREADABLE, f"{shown}: {error.what} {error.received or ''}".strip())
            return None
        if sound.is_cut:
            self.changes.convert(CUT, f"{shown}: {sound.seconds:,.0f} seconds")
        cells = [f"{value:.6g}" if np.isfinite(value) else "" for value in features]
        return [shown, *([_folder_of(name)] if self.has_classes else []), *cells]


def sounds_in(upload: OpenedUpload) -> SoundArchive | None:
    """Return the sounds of a zip archive in which most files are WAV files; None for other files."""
    members = upload.contents.members
    named = (each.name for each in members if PurePosixPath(each.name).suffix.lower() in _SUFFIXES)
    files = tuple(dict.fromkeys(named))
    if 2 * len(files) <= len(members) or not any(_starts_like_wav(upload, name) for name in files[:_TRIED]):
        return None
    folders = {_folder_of(name) for name in files}
    return SoundArchive(upload, files, len(folders - {""}) > 1)


def _starts_like_wav(upload: OpenedUpload, name: str) -> bool:
    try:
        with upload.of_member(name).open() as source:
            return is_wav(source.read(12))
    except EmbedLabError:
        # A damaged file is named when the rows are read.
        return False


def _folder_of(name: str) -> str:
    return one_line(PurePosixPath(name).parent.name, _LONGEST_NAME)
