"""The made ratings come from the tastes they say they come from."""

from __future__ import annotations

import csv
from statistics import mean

import pytest

from embedlab.samples.simulated_ratings import TASTES, make_ratings, read_films, write_films, write_ratings


@pytest.fixture(scope="module")
def made():
    return make_ratings(0)


def test_films_are_many_different_and_dated():
    films = read_films()
    assert 300 <= len(films) <= 600
    assert len({(film.title, film.year) for film in films}) == len(films)
    assert all(1920 <= film.year <= 2025 and film.genres for film in films)
    known = {genre for weights in TASTES.values() for genre in weights}
    assert {genre for film in films for genre in film.genres.split("|")} <= known


def test_known_films():
    by_title = {film.title: film for film in read_films()}
    assert (by_title["Toy Story"].year, by_title["Toy Story"].main_taste) == (1995, "family")
    assert (by_title["Psycho"].year, by_title["Psycho"].main_taste) == (1960, "horror")


def test_same_seed_same_ratings(made):
    assert make_ratings(0).ratings == made.ratings
    assert make_ratings(1).ratings != made.ratings


def test_shape_of_the_ratings(made):
    assert len(made.users) == 1000
    assert 35_000 <= len(made.ratings) <= 50_000
    assert len({(user, film) for user, film, _, _ in made.ratings}) == len(made.ratings)
    assert {rating * 2 for _, _, rating, _ in made.ratings} <= set(range(1, 11))
    assert {film for _, film, _, _ in made.ratings} == {film.key for film in made.films}


def test_users_rate_what_they_love_higher_than_what_they_dislike(made):
    truth = made.truth()
    loved, disliked = [], []
    for user, film, rating, _ in made.ratings:
        taste = truth["films"][film]["main_taste"]
        if taste == truth["users"][user]["loves"]:
            loved.append(rating)
        elif taste == truth["users"][user]["dislikes"]:
            disliked.append(rating)
    assert mean(loved) - mean(disliked) > 1.5


def test_files_have_the_columns_of_movielens(made, tmp_path):
    write_ratings(made, tmp_path / "ratings.csv")
    write_films(made, tmp_path / "movies.csv")
    with (tmp_path / "ratings.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert (len(rows), list(rows[0])) == (len(made.ratings), ["userId", "movieId", "rating", "timestamp"])
    with (tmp_path / "movies.csv").open(newline="", encoding="utf-8") as stream:
        films = list(csv.DictReader(stream))
    assert films[0] == {"movieId": "1", "title": "Nosferatu (1922)", "genres": "Horror"}
