"""The samples that come with EmbedLab: each is a file here that names its data and the training that suits it."""

from __future__ import annotations

from pathlib import Path

from embedlab.core.errors import NotFoundError
from embedlab.core.files import storage_errors
from embedlab.samples import (
    digit_names,
    handwritten_digits,
    made_homes,
    news,
    simulated_ratings,
    simulated_sessions,
    synthetic_corpus,
    tagged_adverts,
    wine,
)
from embedlab.samples.base import Sample, SampleFiles

#: In the order in which they are shown.
SAMPLES: tuple[Sample, ...] = (
    news.SAMPLE,
    synthetic_corpus.SAMPLE,
    simulated_ratings.SAMPLE,
    made_homes.SAMPLE,
    simulated_sessions.SAMPLE,
    wine.SAMPLE,
    handwritten_digits.SAMPLE,
    digit_names.SAMPLE,
    tagged_adverts.SAMPLE,
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
    """Write the files of the sample `name` into the existing `folder`; takes at most a few seconds.

    Raises
    ------
    NotFoundError
        There is no such sample.
    StorageError
        The disk is full, or the installed gensim lacks its test data.
    """
    chosen = sample(name)
    with storage_errors(folder / name):
        return chosen.write(folder)
