"""Files of names and metadata beside vectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from embedlab.core.errors import EmbedLabError
from embedlab.kinds.companion_match import CompanionMatch, NamedFile
from embedlab.kinds.vectors import previewing
from embedlab.kinds.vectors.companions import count_lines, match
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

N = 30
ROWS = "".join(f"0.{n}5\t1.{n}5\t-2.{n}5\n" for n in range(N))


def found(tmp_path: Path, vectors: str | bytes, other: str) -> CompanionMatch | None:
    (tmp_path / "v").write_bytes(vectors if isinstance(vectors, bytes) else vectors.encode())
    (tmp_path / "m").write_text(other)
    files = [NamedFile(name, OpenedUpload(tmp_path / name, Limits())) for name in ("v", "m")]
    try:
        return match(*files)
    except EmbedLabError:
        return None


def npy(tmp_path: Path) -> bytes:
    np.save(tmp_path / "a.npy", np.random.default_rng(0).normal(size=(N, 4)).astype(np.float32))
    return (tmp_path / "a.npy").read_bytes()


@pytest.mark.parametrize("is_large", [False, True], ids=["small", "large"])
@pytest.mark.parametrize(
    ("other", "fits"),
    [
        ("".join(f"name {n}\n" for n in range(N)), True),
        ("name\tgroup\n" + "".join(f"name {n}\t{n % 3}\n" for n in range(N)), True),
        ("".join(f"{n % 3}\n" for n in range(N)), True),
        ("".join(f"name {n}\n" for n in range(N - 2)), False),
        (ROWS, False),
    ],
    ids=["names", "table", "classes", "too-few", "vectors"],
)
def test_rows_must_fit(other: str, fits: bool, is_large: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if is_large:
        monkeypatch.setattr(previewing, "_SMALL_BYTES", 10)
    for vectors in (ROWS, npy(tmp_path)):
        matched = found(tmp_path, vectors, other)
        assert (matched is not None) == fits
        if matched is not None:
            assert matched.summary == "names and metadata of 30 of 30 vectors"


def test_a_last_line_without_a_line_break_counts(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a\nb\nc")
    assert count_lines(OpenedUpload(tmp_path / "f", Limits())) == 3
