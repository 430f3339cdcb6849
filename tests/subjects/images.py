"""Images of 4 x 3 pixels whose class is the brightness of one pixel."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from embedlab.models.contract.abilities import ClassifiesImages
from tests.subjects.base import Subject, built


def planted_images(n: int = 60) -> list[tuple[str, bytes]]:
    """Return images as label and bytes; one pixel is the class."""
    noise = np.random.default_rng(0).integers(0, 100, (n, 4, 3), dtype=np.uint8)
    noise[::2, 1, 1] = 255
    return [("on" if row % 2 == 0 else "off", image.tobytes()) for row, image in enumerate(noise)]


def images(folder: Path, rows: Sequence[tuple[str, bytes]] | None = None) -> Any:
    """Import images given as label and bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    given = planted_images() if rows is None else rows
    pixels = np.array([list(content) for _, content in given], np.uint8).reshape(-1, 4, 3)
    np.savez(folder / "in.npz", images=pixels, labels=np.array([label for label, _ in given]))
    return built("images", folder / "in.npz", folder / "set")


def _classified(ability: ClassifiesImages) -> np.ndarray:
    asked = np.arange(3 * 12, dtype=np.uint8).reshape(3, 4, 3)
    return np.hstack([ability.predict(asked), ability.vectors(asked)])


SUBJECT = Subject(
    "images",
    # IDX: 40 images of 3 x 2 pixels.
    b"\0\0\x08\x03" + struct.pack(">3I", 40, 3, 2) + bytes(range(240)),
    {"images": 2000, "labels": 10, "pixels": 64, "channels": 1},
    images,
    hostile={
        "one-image": [("a", bytes(12))],
        "one-class": [("a", bytes([row] * 12)) for row in range(20)],
        "equal-images": [(label, bytes(12)) for label in "ab" * 10],
    },
    questions={ClassifiesImages: _classified},
    fixed=("labels", "channels", "pixels"),
)
