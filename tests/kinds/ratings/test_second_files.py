# ruff: noqa: E501  (the table of cases is easier to read with one case per line)
"""Users files, items files with any columns, and ids that do not match, with the likely cause."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.companion_match import NamedFile
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings
from embedlab.kinds.ratings.dataset import UNRATED_FILE
from embedlab.kinds.ratings.kind import RatingsKind
from embedlab.kinds.ratings.second_files import companions, joining
from embedlab.kinds.ratings.second_files.companions import match
from embedlab.kinds.ratings.second_files.id_mismatch import likely_cause
from embedlab.kinds.ratings.second_files.users import users_table
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

RATINGS = "userId,movieId,rating\n" + "".join(
    f"{u},{i},{1 + (u + i) % 5}\n" for u in range(1, 21) for i in range(1, 11)
)


@pytest.fixture
def imported(tmp_path):
    def build(ratings=RATINGS, users=None, items=None, tags=None):
        folder = tmp_path / f"dataset{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        paths = {}
        for name, content in {"ratings": ratings, "users": users, "items": items, "tags": tags}.items():
            if content is not None:
                paths[name] = tmp_path / name
                data = content if isinstance(content, bytes) else content.encode()
                paths[name].write_bytes(data)
        import_ratings(
            paths.pop("ratings"), RatingsOptions(), folder, **{f"{name}_path": path for name, path in paths.items()}
        )
        return RatingsDataset.open(folder)

    return build


def parquet(frame, tmp_path):
    path = tmp_path / "frame.parquet"
    frame.to_parquet(path)
    return path.read_bytes()


PEOPLE = [(number, "FM"[number % 2], 20 + number, number % 4, f"0{number:04}") for number in range(1, 21)]
USERS = {
    "ml-1m": ("".join(f"{u}::{g}::{a}::{o}::{z}\n" for u, g, a, o, z in PEOPLE), ["gender", "age", "occupation", "zip code"]),
    "ml-100k": ("".join(f"{u}|{a}|{g}|{o}|{z}\n" for u, g, a, o, z in PEOPLE), ["age", "gender", "occupation", "zip code"]),
    "csv": ("user_id,age,gender,country\n" + "".join(f"{u},{a},{g},FR\n" for u, g, a, *_ in PEOPLE), ["age", "gender", "country"]),
    "csv-id-last": ("age,gender,id\n" + "".join(f"{a},{g},{u}\n" for u, g, a, *_ in PEOPLE), ["age", "gender"]),
    "semicolons": ("User-ID;Location;Age\n" + "".join(f"{u};Paris, France;{a}\n" for u, _, a, *_ in PEOPLE), ["Location", "Age"]),
    "own-names": ("id,count,age\n" + "".join(f"{u},{o},{a}\n" for u, _, a, o, _ in PEOPLE), ["count (users file)", "age"]),
}  # fmt: skip


@pytest.mark.parametrize("name", USERS)
def test_columns_of_a_users_file_are_joined_by_id(imported, name):
    content, columns = USERS[name]
    dataset = imported(users=content)
    table = dataset.users
    assert list(table.columns) == ["key", "count", "mean_rating", *columns]
    age = "Age" if "Age" in columns else "age"
    assert dict(zip(table["key"], table[age], strict=True)) == {str(u): a for u, _, a, *_ in PEOPLE}
    assert dataset.imported.details["users_file"] == {"users": 20, "matched": 20, "columns": columns}
    assert RatingsKind().companion_summary("users", dataset.imported).endswith("of 20 of 20 users")


def test_a_users_file_of_parquet_keeps_its_columns(imported, tmp_path):
    frame = pd.DataFrame({"userId": [str(u) for u, *_ in PEOPLE], "age": [a for _, _, a, *_ in PEOPLE]})
    assert imported(users=parquet(frame, tmp_path)).users["age"].sum() == sum(a for _, _, a, *_ in PEOPLE)


def test_users_that_are_missing_are_counted_with_examples(imported):
    dataset = imported(users="user_id,age\n" + "".join(f"{u},{u}\n" for u in range(3, 31)))
    said = " ".join(dataset.imported.warnings)
    assert "2 users are missing from the users file, such as 1, 2." in said
    assert "10 users of the users file have no rating and were skipped." in said


def test_the_first_of_equal_users_counts():
    table = users_table(pd.DataFrame({"user": ["a", "a", " "], "age": ["1", "2", "3"]}), has_header=True)
    assert table.to_numpy().tolist() == [["a", 1]]


def test_any_columns_of_an_items_file_are_kept_under_their_names(imported):
    items = "movieId,title,genres,year,tags,plot\n" + "".join(
        f'{n},Film {n},Drama|War,{1990 + n},"slow, dark","A long, long story, number {n}."\n' for n in range(1, 11)
    )
    table = imported(items=items).items.set_index("key")
    assert table.loc["3", ["label", "genres", "year"]].tolist() == ["Film 3", "Drama|War", 1993]
    assert (table.loc["3", "tags"], table.loc["3", "plot"]) == ("slow, dark", "A long, long story, number 3.")


CAUSES = {
    "from-zero": (lambda n: n - 1, lambda n: n, "numbered from 0 in the ratings, and from 1"),
    "from-one": (lambda n: n, lambda n: n - 1, "numbered from 1 in the ratings, and from 0"),
    "leading-zeros": (lambda n: n, lambda n: f"{n:07}", "leading zeros: 1 and 0000001"),
    "prefix": (lambda n: n, lambda n: f"tt{n:07}", "a prefix before the numbers"),
    "other-prefix": (lambda n: f"item_{n}", lambda n: f"movie-{n}", "a prefix before the numbers"),
    "decimals": (lambda n: n, lambda n: f"{n}.0", "decimals: 1 and 1.0"),
    "case": (lambda n: f"B{n}X", lambda n: f"b{n}x", "upper case"),
    "titles": (lambda n: f"Film {n}", lambda n: n + 400, "the titles of the items"),
}


@pytest.mark.parametrize("name", CAUSES)
def test_the_likely_cause_of_ids_that_do_not_match_is_named(name):
    ours, theirs, cause = CAUSES[name]
    rated, listed = ([str(key(n)) for n in range(1, 30)] for key in (ours, theirs))
    found = likely_cause(rated, listed, [f"Film {n}" for n in range(1, 30)])
    assert cause in found.cause
    assert found.remedy


def test_ids_that_match_have_no_cause():
    keys = [str(n) for n in range(1, 30)]
    assert likely_cause(keys, keys) is None
    assert likely_cause(keys, [*keys, "0"]) is None
    assert likely_cause(keys, keys[:10]) is None
    assert likely_cause(["a", "b"], ["x", "y"]) is None
    assert likely_cause([], ["x"]) is None


def test_items_that_nobody_rated_are_a_table_of_their_own(imported):
    rows = "".join(f"{n},Film {n},Drama|War,{1990 + n}\n" for n in range(1, 13))
    dataset = imported(items="movieId,title,genres,year\n" + rows, tags="userId,movieId,tag\n1,3,slow\n1,12,dark\n")
    assert len(dataset.items) == 10
    unrated = dataset.unrated_items
    assert unrated["key"].tolist() == ["11", "12"]
    assert list(unrated.columns) == list(dataset.items.columns)
    assert unrated.loc[1, ["label", "count", "genres", "year", "tags"]].tolist() == [
        "Film 12",
        0,
        "Drama|War",
        2002,
        "dark",
    ]
    assert dataset.all_items["key"].tolist() == [*dataset.items["key"], "11", "12"]
    assert any(said.startswith("2 items of the items file have no rating: only") for said in dataset.imported.warnings)
    assert dataset.imported.details["items_file"]["unrated"] == 2
    assert dataset.imported.details["tags_file"]["matched"] == 1
    assert re.fullmatch(RatingsKind.files, UNRATED_FILE)


def test_without_unrated_items_there_is_no_table_of_them(imported):
    dataset = imported(items="movieId,title\n" + "".join(f"{n},Film {n}\n" for n in range(1, 11)))
    assert not (dataset.folder / UNRATED_FILE).exists()
    assert len(dataset.unrated_items) == 0
    assert dataset.all_items is dataset.items


def test_the_number_of_unrated_items_is_bounded(imported, monkeypatch):
    monkeypatch.setattr(joining, "MOST_UNRATED", 2)
    dataset = imported(items="movieId,title\n" + "".join(f"{n},Film {n}\n" for n in range(1, 16)))
    assert dataset.unrated_items["key"].tolist() == ["11", "12"]
    assert any("the first 2 of them are kept" in said for said in dataset.imported.warnings)


def test_an_items_file_that_does_not_match_is_refused_with_examples_and_the_cause(imported):
    items = "id,title\n" + "".join(f"tt{n:07},Film {n}\n" for n in range(1, 11))
    with pytest.raises(InputError, match=r"no item in common.*ratings: .*tt0000001.*prefix") as caught:
        imported(items=items)
    assert "same way" in caught.value.remedy


def test_an_items_file_that_is_off_by_one_is_doubted(imported):
    items = "id,title\n" + "".join(f"{n},Film {n}\n" for n in range(10))
    said = " ".join(imported(items=items).imported.warnings)
    assert "numbered from 1 in the ratings, and from 0 in the other file" in said


def test_a_users_file_of_others_is_refused(imported):
    with pytest.raises(InputError, match="users file and the ratings have no user in common"):
        imported(users="user_id,age\nx,1\ny,2\n")


@pytest.fixture
def match_files(tmp_path):
    def found(content, name="other"):
        (tmp_path / "main").write_text(RATINGS)
        (tmp_path / "other").write_text(content)
        main, other = (OpenedUpload(tmp_path / each, Limits()) for each in ("main", "other"))
        return match(NamedFile("ratings.csv", main), NamedFile(name, other))

    return found


@pytest.mark.parametrize("name", [name for name in USERS if name not in {"csv-id-last", "own-names"}])
def test_a_users_file_is_recognized(match_files, name):
    found = match_files(USERS[name][0], "users.dat")
    assert (found.companion, found.n_matched, found.is_sure) == ("users", 20, True)


def test_the_summary_says_that_only_the_first_ratings_are_compared(tmp_path, monkeypatch):
    monkeypatch.setattr(companions, "_MOST_RATINGS", 1_000)
    rows = (f'{{"user": "u{n % 50}", "movie": "{n // 50}", "rating": {n % 5 + 1}}}\n' for n in range(3_000))
    (tmp_path / "main").write_text("".join(rows))
    (tmp_path / "other").write_text("id,name\n" + "".join(f"{n},Film number {n}\n" for n in range(60)))
    main, other = (NamedFile(name, OpenedUpload(tmp_path / name, Limits())) for name in ("main", "other"))
    # 2,048 ratings are read at once: of films 0 to 40.
    assert match(main, other).summary == "titles of 41 of 41 items (in the first 2,048 ratings)"
    assert match(NamedFile("m", OpenedUpload(tmp_path / "main", Limits(), None)), other).is_sure
