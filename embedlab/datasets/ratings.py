"""Ratings of items by users: what the rest of EmbedLab needs of them, in one place."""

from __future__ import annotations

from embedlab.datasets.ratings_dataset import RatingsDataset
from embedlab.datasets.ratings_import import import_ratings
from embedlab.datasets.ratings_options import RatingsOptions, guess_ratings_options
from embedlab.datasets.ratings_preview import RatingsPreview, preview_ratings
from embedlab.datasets.splits import Ratings, RatingsSplit

__all__ = [
    "Ratings",
    "RatingsDataset",
    "RatingsOptions",
    "RatingsPreview",
    "RatingsSplit",
    "guess_ratings_options",
    "import_ratings",
    "preview_ratings",
]
