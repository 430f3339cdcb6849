"""Simulated ratings: real film titles, rated by simulated users whose tastes are known.

Each user loves one taste (say, horror and mystery) and dislikes another. A rating depends on how much of each taste the
film's genres contain, on the user's mood, on the film's quality and on noise. So we know what a model should find.
"""

from __future__ import annotations

import csv
import math
import random
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist
from typing import Any, Final

from embedlab.core.kind import Kind
from embedlab.samples.base import Sample, SampleFiles

N_USERS = 1000
FILMS_FILE = Path(__file__).resolve().parents[2] / "data" / "films.csv"

#: Weight of each genre in each taste.
TASTES: dict[str, dict[str, float]] = {
    "family": {"Animation": 1.0, "Children": 1.0, "Musical": 0.6, "Fantasy": 0.4},
    "adventure": {"Action": 1.0, "Adventure": 0.8, "Sci-Fi": 1.0, "Western": 0.8, "Fantasy": 0.4},
    "horror": {"Horror": 1.6, "Thriller": 0.6, "Mystery": 0.3},
    "romance": {"Romance": 1.2, "Comedy": 0.7, "Musical": 0.3},
    "serious": {"Drama": 0.7, "War": 1.2},
    "crime": {"Crime": 1.4, "Film-Noir": 1.0, "Mystery": 0.7, "Thriller": 0.3},
}
_FEWEST_RATINGS = 20
_MOST_RATINGS = 120
_LOVE, _DISLIKE = 1.4, -1.4
_NOISE = 0.4
_FIRST_TIME = 1_000_000_000
_NORMAL = NormalDist()


@dataclass(frozen=True)
class Film:
    """A real film; `genres` is joined by `|`."""

    key: str
    title: str
    year: int
    genres: str

    @property
    def tastes(self) -> dict[str, float]:
        """How much of each taste the film contains: a vector of length 1 over `TASTES`."""
        genres = self.genres.split("|")
        amounts = {taste: sum(weights.get(genre, 0.0) for genre in genres) for taste, weights in TASTES.items()}
        length = math.sqrt(sum(amount**2 for amount in amounts.values()))
        return {taste: amount / length for taste, amount in amounts.items()}

    @property
    def main_taste(self) -> str:
        """The strongest taste of the film."""
        tastes = self.tastes
        return max(tastes, key=lambda taste: tastes[taste])


@dataclass(frozen=True)
class SimulatedUser:
    """A simulated user: the taste they love, the one they dislike, and their liking for each taste."""

    key: str
    loves: str
    dislikes: str
    likings: dict[str, float]
    mood: float


@dataclass(frozen=True)
class SimulatedRatings:
    """The simulated ratings `(user key, film key, rating, time)` and everything they were generated from."""

    films: tuple[Film, ...]
    users: tuple[SimulatedUser, ...]
    qualities: dict[str, float]
    ratings: tuple[tuple[str, str, float, int], ...]

    def truth(self) -> dict[str, Any]:
        """Return what a model should find, as JSON."""
        return {
            "simulated": True,
            "noise": _NOISE,
            "tastes": TASTES,
            "films": {film.key: {"title": film.title, "main_taste": film.main_taste} for film in self.films},
            "users": {user.key: {"loves": user.loves, "dislikes": user.dislikes} for user in self.users},
        }


def read_films(path: Path = FILMS_FILE) -> tuple[Film, ...]:
    """Read the project's list of films; keys are `1`, `2` ... in the order of the file."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        return tuple(
            Film(str(number), row["title"], int(row["year"]), row["genres"]) for number, row in enumerate(rows, start=1)
        )


def make_ratings(seed: int = 0, n_users: int = N_USERS) -> SimulatedRatings:
    """Simulate users and their ratings of the project's films: half stars from 0.5 to 5.

    Uses only `random.Random.random`, whose numbers are guaranteed to be the same in every version of Python.
    """
    chance = random.Random(seed)
    films = read_films()
    popularities = {film.key: _popularity(rank) for rank, film in enumerate(_shuffled(films, chance))}
    qualities = {film.key: 0.35 * _normal(chance) for film in films}
    users = tuple(_make_user(str(number), chance) for number in range(1, n_users + 1))
    film_tastes = {film.key: film.tastes for film in films}
    ratings = []
    for user in users:
        fits = {
            key: sum(user.likings[taste] * amount for taste, amount in tastes.items())
            for key, tastes in film_tastes.items()
        }
        # As in real data, people see more of what they like: weighted sampling without replacement by
        # exponential clocks, the earliest first.
        clocks = {key: -_log(chance) / (popularities[key] * math.exp(0.3 * fit)) for key, fit in fits.items()}
        n_seen = min(_MOST_RATINGS, _FEWEST_RATINGS + int(-25 * _log(chance)), len(films))
        for position, key in enumerate(sorted(clocks, key=lambda key: clocks[key])[:n_seen]):
            score = 3.3 + user.mood + qualities[key] + fits[key] + _NOISE * _normal(chance)
            ratings.append((user.key, key, _half_stars(score), _FIRST_TIME + 86_400 * int(user.key) + 600 * position))
    return SimulatedRatings(films, users, qualities, tuple(ratings))


def write_ratings(made: SimulatedRatings, path: Path) -> None:
    """Write the ratings as a CSV file with the columns of MovieLens."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["userId", "movieId", "rating", "timestamp"])
        writer.writerows(made.ratings)


def write_films(made: SimulatedRatings, path: Path) -> None:
    """Write the films as a CSV file with the columns of MovieLens, the year after the title."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["movieId", "title", "genres"])
        writer.writerows((film.key, f"{film.title} ({film.year})", film.genres) for film in made.films)


def _make_user(key: str, chance: random.Random) -> SimulatedUser:
    tastes = list(TASTES)
    loves = tastes.pop(_below(len(tastes), chance))
    dislikes = tastes[_below(len(tastes), chance)]
    likings = {taste: 0.2 * _normal(chance) for taste in TASTES}
    likings[loves] += _LOVE
    likings[dislikes] += _DISLIKE
    return SimulatedUser(key, loves, dislikes, likings, mood=0.3 * _normal(chance))


def _popularity(rank: int) -> float:
    return float((rank + 25) ** -0.8)


def _half_stars(score: float) -> float:
    return min(5.0, max(0.5, round(score * 2) / 2))


def _below(bound: int, chance: random.Random) -> int:
    return int(chance.random() * bound)


def _log(chance: random.Random) -> float:
    return math.log(1 - chance.random())


def _normal(chance: random.Random) -> float:
    return _NORMAL.inv_cdf(max(chance.random(), 1e-12))


def _shuffled(films: tuple[Film, ...], chance: random.Random) -> list[Film]:
    marked = [(chance.random(), film) for film in films]
    return [film for _, film in sorted(marked, key=lambda pair: pair[0])]


def _write(folder: Path) -> SampleFiles:
    made = make_ratings()
    files = SampleFiles(folder / "made_ratings.csv", folder / "made_films.csv")
    write_ratings(made, files.path)
    write_films(made, folder / "made_films.csv")
    return files


SAMPLE: Final = Sample(
    "made-ratings",
    "Films",
    "518 real films, rated by 1,000 simulated people with known tastes: the films are real, the ratings are not.",
    Kind.RATINGS,
    "matrix-factorization",
    {"n_factors": 8, "l2": 2.0, "learning_rate": 0.01, "batch_size": 1000, "epochs": 25, "biases": True},
    _write,
    {"user": "userId", "item": "movieId", "rating": "rating", "time": "timestamp"},
)
