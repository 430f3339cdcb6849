"""Public datasets, downloaded over HTTPS on request and verified before use."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from embedlab.core.errors import EmbedLabError, InputError, NotFoundError
from embedlab.core.files import atomic_file
from embedlab.core.kind import Kind
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.reading.fetching import fetch_file
from embedlab.reading.sources import Limits, open_source

_BYTES_AT_ONCE = 1 << 20
_TRY_LATER = "Check the connection and try again, or download the file yourself; the samples need no connection."


@dataclass(frozen=True)
class Member:
    """One file of an archive, with its expected size and hash.

    Parameters
    ----------
    name
        Its name in the archive.
    file_name
        Name of the unpacked file.
    size_bytes
        Its exact size.
    sha256
        Its hash, if it was computed from the original file.
    """

    name: str
    file_name: str
    size_bytes: int
    sha256: str | None = None


@dataclass(frozen=True)
class Download:
    """A public dataset: its address, the files used from it, and its license terms."""

    name: str
    title: str
    summary: str
    terms: str
    kind: str
    base_url: str
    file_name: str
    max_bytes: int
    data: Member
    items: Member | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DownloadedFiles:
    """The files of a download, checked and ready to import."""

    path: Path
    items_path: Path | None = None


DOWNLOADS: tuple[Download, ...] = (
    Download(
        "movielens-small",
        "MovieLens latest-small",
        "100,836 ratings of 9,724 films by 610 real people.",
        "GroupLens: free for research and teaching, no commercial use; F. M. Harper and J. A. Konstan, 2015, "
        "https://doi.org/10.1145/2827872.",
        Kind.RATINGS,
        "https://files.grouplens.org/datasets/movielens/",
        "ml-latest-small.zip",
        10_000_000,
        Member(
            "ml-latest-small/ratings.csv",
            "ratings.csv",
            2_483_723,
            "aa289ca83157595d0df6aea1be6a4ded676ddc4385472e8313a8ed9805352646",
        ),
        Member(
            "ml-latest-small/movies.csv",
            "movies.csv",
            494_431,
            "5a5f32dd9bb3797b8e728a1b98958789d2b13f294a69fdfbc5727f8a9611aa07",
        ),
    ),
    Download(
        "text8",
        "text8",
        "17 million words of English Wikipedia in lower case: enough for good word vectors in a few minutes.",
        "CC BY-SA: Wikipedia's authors; cleaned by Matt Mahoney, http://mattmahoney.net/dc/textdata.html.",
        Kind.TEXT,
        "https://mattmahoney.net/dc/",
        "text8.zip",
        50_000_000,
        Member("text8", "text8.txt", 100_000_000),
        options={"layout": "document"},
    ),
)


def download_named(name: str) -> Download:
    """Return the download called `name`, or raise `NotFoundError`."""
    for candidate in DOWNLOADS:
        if candidate.name == name:
            return candidate
    raise NotFoundError(
        "There is no such download.",
        received=name,
        remedy=f"Known: {', '.join(one.name for one in DOWNLOADS)}.",
    )


def fetch(
    download: Download,
    folder: Path,
    *,
    base_url: str | None = None,
    allow_http: bool = False,
    report: ReportProgress = ignore_progress,
) -> DownloadedFiles:
    """Download a dataset into the existing `folder` and verify it.

    Parameters
    ----------
    download
        The dataset.
    folder
        Where to write its files.
    base_url
        A mirror to download from instead; must be HTTPS.
    allow_http
        Allow plain HTTP from this machine, for tests.
    report
        Called with the progress, at least once a second while bytes arrive.

    Raises
    ------
    InputError
        The address is not HTTPS.
    EmbedLabError
        There is no connection, or the downloaded file is not the expected one.
    """
    url = (base_url or download.base_url) + download.file_name
    archive = folder / f".{download.file_name}"
    try:
        fetch_file(
            url,
            archive,
            title=download.title,
            max_bytes=download.max_bytes,
            remedy=_TRY_LATER,
            allow_http=allow_http,
            report=report,
        )
        path = _unpack(archive, download.data, folder)
        report(0.95, "checking")
        items_path = None if download.items is None else _unpack(archive, download.items, folder)
    finally:
        archive.unlink(missing_ok=True)
    report(1.0, "checking")
    return DownloadedFiles(path, items_path)


def _unpack(archive: Path, member: Member, folder: Path) -> Path:
    path = folder / member.file_name
    sha256, n_bytes = hashlib.sha256(), 0
    limits = Limits(max_unpacked_bytes=4 * member.size_bytes)
    try:
        with open_source(archive, limits, member.name) as source, atomic_file(path) as stream:
            while piece := source.read(_BYTES_AT_ONCE):
                sha256.update(piece)
                n_bytes += len(piece)
                stream.write(piece)
            if n_bytes != member.size_bytes or member.sha256 not in {None, sha256.hexdigest()}:
                raise _wrong(member, f"{n_bytes:,} bytes, sha256 {sha256.hexdigest()[:12]}…")
    except InputError as error:
        raise _wrong(member, error.what) from error
    return path


def _wrong(member: Member, received: str) -> EmbedLabError:
    return EmbedLabError(
        f"The downloaded file is not the expected file {member.file_name}.",
        received=received,
        remedy="It may have been altered in transit or replaced by a newer version: download the file yourself.",
    )
