"""Second files of ratings: titles, tags and test parts, and files whose numbers are the same by chance."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.base import BuildContext
from embedlab.kinds.companion_match import NamedFile
from embedlab.kinds.ratings.dataset import RatingsDataset
from embedlab.kinds.ratings.expected_counts import expected_counts
from embedlab.kinds.ratings.kind import RatingsKind
from embedlab.kinds.ratings.options import RatingsOptions
from embedlab.kinds.ratings.second_files.companions import match
from embedlab.kinds.ratings.second_files.tags import read_tags
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload


def ratings(users: range, items: range) -> str:
    rows = (f"{user},{item},{1 + (user + item) % 5}\n" for user in users for item in items)
    return "userId,movieId,rating\n" + "".join(rows)


@pytest.fixture
def match_files(tmp_path: Path):
    """Return what a file is for ratings of films 1 to 10 by users 1 to 20, both given by name and content."""

    def found(content: str, name: str = "other.csv", main_name: str = "ratings.csv"):
        (tmp_path / "main").write_text(ratings(range(1, 21), range(1, 11)))
        (tmp_path / "other").write_text(content)
        main, other = (OpenedUpload(tmp_path / each, Limits()) for each in ("main", "other"))
        return match(NamedFile(main_name, main), NamedFile(name, other))

    return found


def test_titles_of_a_part_of_the_items_are_used(match_files) -> None:
    found = match_files("id,name\n" + "".join(f"{n},Film number {n}\n" for n in range(1, 8)))
    assert (found.companion, found.n_matched, found.n_expected, found.is_sure) == ("items", 7, 10, True)


def test_a_list_without_titles_is_only_offered(match_files) -> None:
    found = match_files("movieId,imdbId\n" + "".join(f"{n},{n * 77}\n" for n in range(1, 11)))
    assert found.companion == "items"
    assert not found.is_sure


@pytest.mark.parametrize(
    "content",
    [
        "userId,name\n" + "".join(f"{n},Person number {n}\n" for n in range(1, 21)),
        "\n".join(f"{n}::{'FM'[n % 2]}::{n % 3}::{n % 4}" for n in range(1, 21)),
        "movieId,title\n" + "".join(f"x{n},Film {n}\n" for n in range(1, 11)),
        "a text about nothing of all this\n" * 20,
    ],
    ids=["users-by-name", "users-by-number", "other-ids", "text"],
)
def test_files_that_do_not_belong_are_not_taken_for_titles(content: str, match_files) -> None:
    found = match_files(content)
    assert found is None or found.companion == "users" or not found.is_sure


@pytest.mark.parametrize(
    ("main_name", "name", "sure"),
    [
        ("train.csv", "test.csv", True),
        ("u1.base", "u1.test", True),
        ("part1.csv", "part2.csv", False),
        ("train.csv", "latest.csv", False),
    ],
    ids=["test", "movielens", "parts", "latest"],
)
def test_the_name_says_whether_ratings_are_a_test_part(main_name: str, name: str, sure: bool, match_files) -> None:
    found = match_files(ratings(range(1, 6), range(1, 4)), name, main_name)
    assert (found.companion, found.is_sure) == ("test", sure)
    assert found.summary == "15 test ratings, 5 of 5 users known"


def test_training_ratings_are_no_test_part_of_the_test_ratings(match_files) -> None:
    assert match_files(ratings(range(1, 30), range(1, 30)), "train.csv", "test.csv") is None


def test_tags_are_counted_by_item(tmp_path: Path) -> None:
    rows = ["1,7,Dark|Slow", "2,7,dark slow", "3,7,funny", "4,8,  ", "5,9,calm"]
    (tmp_path / "t").write_text("userId,movieId,tag\n" + "\n".join(rows) + "\n")
    tags = read_tags(tmp_path / "t", Limits())
    assert dict(zip(tags["key"], tags["tags"], strict=True)) == {"7": "dark slow|funny", "9": "calm"}


def test_a_table_without_tags_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t").write_text("movieId,title\n1,One film\n2,Another film\n")
    with pytest.raises(InputError, match="no column of items and tags"):
        read_tags(tmp_path / "t", Limits())


def _build(tmp_path: Path, tags: str):
    for name, content in {"main": ratings(range(1, 21), range(1, 11)), "tags": tags}.items():
        (tmp_path / name).write_text(content)
    folder = tmp_path / "folder"
    folder.mkdir()
    context = BuildContext(companions={"tags": tmp_path / "tags"})
    upload = OpenedUpload(tmp_path / "main", Limits())
    return folder, RatingsKind().build(upload, RatingsOptions(), folder, context).imported


def test_tags_become_a_column_of_the_items(tmp_path: Path) -> None:
    folder, imported = _build(tmp_path, "userId,movieId,tag\n1,3,calm\n2,3,calm\n1,4,loud\n1,99,none\n")
    items = RatingsDataset.open(folder).items.set_index("key")["tags"]
    assert (items["3"], items["4"], items["5"]) == ("calm", "loud", "")
    assert RatingsKind().companion_summary("tags", imported) == "tags of 2 of 10 items"


def test_tags_of_other_items_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no item in common"):
        _build(tmp_path, "userId,movieId,tag\n1,99,calm\n")
    assert list((tmp_path / "folder").iterdir()) == []


def test_ratings_are_extrapolated_from_the_length_of_the_lines(tmp_path: Path) -> None:
    (tmp_path / "r").write_text("1234,5678,3\n" * 40_000)
    upload = OpenedUpload(tmp_path / "r", Limits())
    counts = expected_counts(upload, {"ratings": 10_000, "users": 1, "items": 1}, is_all=False)
    assert counts["ratings"] == pytest.approx(40_000, rel=0.01)
    assert expected_counts(upload, {"ratings": 5}, is_all=True) == {"ratings": 5}
