"""The news sample: articles that come with gensim."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from embedlab.core.errors import StorageError
from embedlab.core.kind import Kind
from embedlab.samples.base import Sample, SampleFiles


def news_path() -> Path:
    """Return the path of `lee_background.cor` in the installed gensim, without importing gensim."""
    specification = find_spec("gensim")
    if specification is not None and specification.origin is not None:
        path = Path(specification.origin).parent / "test" / "test_data" / "lee_background.cor"
        if path.exists():
            return path
    raise StorageError(
        "The news sample is missing from the installed gensim.",
        remedy="Install gensim from its official wheel, or choose another sample.",
    )


def _write(folder: Path) -> SampleFiles:
    path = folder / "news.txt"
    shutil.copyfile(news_path(), path)
    return SampleFiles(path)


SAMPLE: Final = Sample(
    "news",
    "News",
    "300 real news articles of the Australian Broadcasting Corporation: a small text that shows the limits of "
    "little data.",
    Kind.TEXT,
    "word2vec",
    {"vector_size": 50, "window": 5, "min_count": 3, "sg": 1, "negative": 10, "epochs": 30, "alpha": 0.025},
    _write,
    {"layout": "lines"},
)
