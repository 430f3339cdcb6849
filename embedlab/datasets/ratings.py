"""Ratings of items by users: what the rest of EmbedLab needs of them, in one place."""

from __future__ import annotations

from embedlab.datasets.ratings_dataset import RatingsDataset
from embedlab.datasets.splits import Ratings, RatingsSplit

__all__ = ["Ratings", "RatingsDataset", "RatingsSplit"]
