"""The samples a new user starts with, off-line: what they are, and settings that train well within seconds."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from embedlab.core.errors import NotFoundError, StorageError
from embedlab.core.files import storage_errors
from embedlab.core.kind import Kind
from embedlab.samples.made_corpus import write_corpus
from embedlab.samples.made_ratings import make_ratings, write_films, write_ratings

NEWS = "news"
MADE_CORPUS = "made-corpus"
MADE_RATINGS = "made-ratings"


@dataclass(frozen=True)
class SampleFiles:
    """A sample as files to import: the data, and for ratings the items they speak of."""

    path: Path
    items_path: Path | None = None


@dataclass(frozen=True)
class Sample:
    """One sample and the training that suits it.

    Parameters
    ----------
    name
        Name in addresses and on the command line.
    title, summary
        For people.
    kind
        The kind of dataset it becomes.
    model
        Name of the model to train.
    parameters
        Parameters of the model that give a good embedding in under 25 s on two cores.
    write
        Writes its files into a folder.
    options
        Options of the import that differ from what is guessed from the content.
    """

    name: str
    title: str
    summary: str
    kind: str
    model: str
    parameters: Mapping[str, Any]
    write: Callable[[Path], SampleFiles]
    options: Mapping[str, Any] = field(default_factory=dict)


def _write_news(folder: Path) -> SampleFiles:
    path = folder / "news.txt"
    shutil.copyfile(news_path(), path)
    return SampleFiles(path)


def _write_corpus(folder: Path) -> SampleFiles:
    path = folder / "made_corpus.txt"
    write_corpus(path)
    return SampleFiles(path)


def _write_ratings(folder: Path) -> SampleFiles:
    made = make_ratings()
    files = SampleFiles(folder / "made_ratings.csv", folder / "made_films.csv")
    write_ratings(made, files.path)
    write_films(made, folder / "made_films.csv")
    return files


SAMPLES: tuple[Sample, ...] = (
    Sample(
        NEWS,
        "News",
        "300 real news articles of the Australian Broadcasting Corporation: a small text, honest about what little "
        "text can teach.",
        Kind.TEXT,
        "word2vec",
        {"vector_size": 50, "window": 5, "min_count": 3, "sg": 1, "negative": 10, "epochs": 30, "alpha": 0.025},
        _write_news,
        {"layout": "lines"},
    ),
    Sample(
        MADE_CORPUS,
        "Kings, capitals, hotels and moods",
        "24,000 sentences made by a small grammar, so that what an embedding should find is known: "
        "king - man + woman leads to queen.",
        Kind.TEXT,
        "word2vec",
        {"vector_size": 32, "window": 5, "min_count": 5, "sg": 1, "negative": 5, "epochs": 12, "alpha": 0.05},
        _write_corpus,
        {"layout": "lines"},
    ),
    Sample(
        MADE_RATINGS,
        "Films",
        "518 real films, rated by 1,000 simulated people of known tastes: the films are real, the ratings are not.",
        Kind.RATINGS,
        "matrix-factorization",
        {"n_factors": 8, "l2": 2.0, "learning_rate": 0.01, "batch_size": 1000, "epochs": 25, "biases": True},
        _write_ratings,
        {"user": "userId", "item": "movieId", "rating": "rating", "time": "timestamp"},
    ),
)


def sample(name: str) -> Sample:
    """Return the sample called `name`, or raise `NotFoundError`."""
    for candidate in SAMPLES:
        if candidate.name == name:
            return candidate
    raise NotFoundError(
        "There is no such sample.", received=name, remedy=f"Samples: {', '.join(one.name for one in SAMPLES)}."
    )


def write_sample(name: str, folder: Path) -> SampleFiles:
    """Write the files of the sample called `name` into the existing `folder`; takes at most a few seconds.

    Raises
    ------
    NotFoundError
        There is no such sample.
    StorageError
        The disk is full, or the installed gensim came without its test data.
    """
    chosen = sample(name)
    with storage_errors(folder / name):
        return chosen.write(folder)


def news_path() -> Path:
    """Return where the installed gensim keeps `lee_background.cor`; gensim itself is not loaded for it."""
    specification = find_spec("gensim")
    if specification is not None and specification.origin is not None:
        path = Path(specification.origin).parent / "test" / "test_data" / "lee_background.cor"
        if path.exists():
            return path
    raise StorageError(
        "The news sample is missing from the installed gensim.",
        remedy="Install gensim from its official wheel, or choose another sample.",
    )
