"""Ratings of items by users: what the rest of EmbedLab needs of them, in one place."""

from __future__ import annotations

from embedlab.kinds.ratings.dataset import RatingsDataset
from embedlab.kinds.ratings.importing import import_ratings
from embedlab.kinds.ratings.options import RatingsOptions, guess_ratings_options
from embedlab.kinds.ratings.preview import RatingsPreview, preview_ratings
from embedlab.kinds.ratings.splits import Ratings, RatingsSplit

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
