"""Small pictures and archives, written by Pillow."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from embedlab.kinds.base import BuildContext
from embedlab.kinds.images.dataset import ImagesDataset
from embedlab.kinds.images.options import ImagesOptions
from embedlab.kinds.registry import kind as kind_of
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload


def encoded(image: Image.Image | np.ndarray, kind: str = "PNG", **options: Any) -> bytes:
    stream = io.BytesIO()
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(stream, kind, **options)
    return stream.getvalue()


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def gray(value: int, height: int = 6, width: int = 5) -> np.ndarray:
    return np.full((height, width), value, np.uint8)


def imported(
    path: Path, folder: Path, companions: dict[str, Path] | None = None, limits: Limits | None = None, **options: Any
) -> ImagesDataset:
    folder.mkdir(parents=True)
    limits = limits or Limits()
    context = BuildContext(limits, companions or {})
    built = kind_of("images").build(OpenedUpload(path, limits), ImagesOptions(**options), folder, context)
    built.imported.save(folder)
    return ImagesDataset.open(folder)


def planted(folder: Path, n: int = 60, label: str = "") -> ImagesDataset:
    """Import images of noise whose class is one pixel: bright in the class `on`, dark in the class `off`."""
    rng = np.random.default_rng(0)
    images = rng.integers(40, 160, (n, 4, 3), dtype=np.uint8)
    codes = np.arange(n) % 2
    images[:, 2, 1] = 255 * codes
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "planted.npz"
    names = np.array(["off", "on"]) if not label else np.array([label, label])
    np.savez(path, images=images, labels=names[codes])
    return imported(path, folder / "set")
