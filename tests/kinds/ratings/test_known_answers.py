# ruff: noqa: E501  (the table of cases is easier to read with one case per line)
"""Files of every shape that people have give exactly the planted ratings, without any option."""

from __future__ import annotations

import csv
import io
import json

import pytest

from embedlab.core.kind import Kind
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, import_ratings
from embedlab.kinds.sniffing import sniff
from embedlab.reading.limits import Limits
from tests.kinds.ratings.planted import ANSWER, ITEMS, ROWS, USERS, as_json, json_rows, moment, netflix, table, wide

NAMED = ["user", "item", "rating"]
SEEN = {(user, item): 2 * rating for (user, item), rating in ANSWER.items()}
NUMBERED_USERS = {(str(USERS.index(user)), item): rating for (user, item), rating in ANSWER.items()}
NUMBERS = {(str(USERS.index(user)), str(ITEMS.index(item))): rating for (user, item), rating in ANSWER.items()}
BARE = {(user[1:], item.split()[1]): rating for (user, item), rating in ANSWER.items()}
WORDS = ["terrible", "bad", "ok", "good", "excellent"]
GOODREADS = ["did not like it", "it was ok", "liked it", "really liked it", "it was amazing"]
HALF = {pair: rating + 0.5 for pair, rating in ANSWER.items()}


def plain(header, **more):
    return table(header, lambda _, u, i, r: (u, i, r), **more)


def ids(_, user, item, rating):
    return user[1:], item.split()[1], rating


def excel(rows):
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


#: The content of a file, and its ratings.
CASES = {
    # Which column is what
    "index-column-first": (table(["", *NAMED], lambda n, u, i, r: (n, u, i, r)), ANSWER),
    "unnamed-0": (table(["Unnamed: 0", *NAMED], lambda n, u, i, r: (n, u, i, r)), ANSWER),
    "row-numbers-from-1": (table(["row", "customer_id", "product_id", "star_rating"], lambda n, u, i, r: (n + 1, u, i, r)), ANSWER),
    "review-id-and-votes": (
        table(["review_id", "helpful_votes", "total_votes", "user_id", "product_id", "stars"],
              lambda n, u, i, r: (9000 + n, n % 4, n % 6, u, i, r)), ANSWER),
    "helpfulness": (
        table(["Id", "ProductId", "UserId", "HelpfulnessNumerator", "HelpfulnessDenominator", "Score", "Time"],
              lambda n, u, i, r: (n + 1, i, u, n % 3, n % 5, r, 1_300_000_000 + n)), ANSWER),
    "average-is-not-the-rating": (
        table(["user_id", "movie_id", "avg_rating", "rating"], lambda n, u, i, r: (u, i, 3.5 + n % 2, r)), ANSWER),
    "rating-count-is-not-the-rating": (
        table(["rating_count", "user_id", "movie_id", "my_score"], lambda n, u, i, r: (n % 5, u, i, r)), ANSWER),
    "rating-first": (table(["rating", "user", "item"], lambda _, u, i, r: (r, u, i)), ANSWER),
    "rating-first-without-names": (table(None, lambda _, u, i, r: (r, u, f"i{i.split()[1]}")),
                                   {(u, f"i{i.split()[1]}"): r for (u, i), r in ANSWER.items()}),
    "index-without-names": (table(None, lambda n, u, i, r: (n, u, f"i{i.split()[1]}", r)),
                            {(u, f"i{i.split()[1]}"): r for (u, i), r in ANSWER.items()}),
    "names-that-say-nothing": (plain(["a", "b", "c"]), ANSWER),
    "camel-case": (table(["reviewerName", "reviewerID", "movieId", "overallRating"], lambda n, u, i, r: (f"Person {u}", u, i, r)), ANSWER),
    "polish": (plain(["uzytkownik", "film", "ocena"], separator=";"), ANSWER),
    "spanish": (plain(["usuario", "película", "puntuación"]), ANSWER),
    "german": (plain(["Nutzer", "Film", "Bewertung"], separator=";"), ANSWER),
    "japanese": (plain(["ユーザー", "映画", "評価"]), ANSWER),
    "year-and-price": (
        table(["user", "title", "year", "price", "rating"], lambda n, u, i, r: (u, i, 1990 + n % 9, n % 7, r)), ANSWER),
    # Layouts of published data
    "movielens-100k": (table(None, lambda n, u, i, r: (*ids(n, u, i, r), 881_250_949 + n), separator="\t"), BARE),
    "movielens-1m": ("".join(f"{u[1:]}::{i.split()[1]}::{r}::97830{n:04}\n" for n, (u, i, r) in enumerate(ROWS)), BARE),
    "movielens-latest": (
        table(["userId", "movieId", "rating", "timestamp"], lambda n, u, i, r: (*ids(n, u, i, r + 0.5), 964_982_703 + n)),
        {pair: r + 0.5 for pair, r in BARE.items()}),
    "amazon-without-header": (table(None, lambda n, u, i, r: (f"A{u}", f"B{i.split()[1]}", f"{r}.0", 1_390_000_000 + n)),
                              {(f"A{u}", f"B{i.split()[1]}"): r for (u, i), r in ANSWER.items()}),
    "amazon-json": (
        "\n".join(map(as_json, json_rows(lambda n, u, i, r: {
            "reviewerID": u, "asin": i, "reviewerName": f"Person {n}", "helpful": [0, n % 3], "reviewText": "so many words " * 9,
            "overall": float(r), "summary": "words", "unixReviewTime": 1_390_000_000 + n, "reviewTime": "01 20, 2014"}))), ANSWER),
    "amazon-2023": (
        table(["user_id", "parent_asin", "rating", "timestamp"], lambda n, u, i, r: (u, i, float(r), 1_588_687_728_923 + n)), ANSWER),
    "book-crossing": (
        table(["User-ID", "ISBN", "Book-Rating"], lambda n, u, i, r: (u, i, 2 * r), separator=";", quoting=csv.QUOTE_ALL)
        + "".join(f'"{u}";"unrated {u}";"0"\n' for u in USERS), SEEN),
    "yelp": (
        "\n".join(map(as_json, json_rows(lambda n, u, i, r: {
            "review_id": str(n), "user_id": u, "business_id": i, "stars": float(r), "useful": n % 4, "funny": 0, "cool": 1,
            "text": "one\ntwo three", "date": "2014-02-03 10:11:12"}))), ANSWER),
    "recbole": (
        table(["user_id:token", "item_id:token", "rating:float", "timestamp:float"],
              lambda n, u, i, r: (u, i, r, 9e8 + n), separator="\t"), ANSWER),
    "netflix": (netflix(), BARE),
    "filmtrust": (table(None, ids, separator=" "), BARE),
    "goodreads-words": (table(["user_id", "book_id", "rating"], lambda _, u, i, r: (u, i, GOODREADS[r - 1])), ANSWER),
    "steam-recommendations": (
        table(["app_id", "helpful", "funny", "date", "is_recommended", "hours", "user_id", "review_id"],
              lambda n, u, i, r: (i, n % 3, 0, "2022-12-12", str(r > 2).lower(), n / 3, u, n)),
        {pair: float(r > 2) for pair, r in ANSWER.items()}),
    # How ratings are written
    "stars": (table(NAMED, lambda _, u, i, r: (u, i, "★" * r + "☆" * (5 - r))), ANSWER),
    "stars-alone": (table(NAMED, lambda _, u, i, r: (u, i, "⭐" * r)), ANSWER),
    "half-stars": (table(NAMED, lambda _, u, i, r: (u, i, "★" * r + "½")), HALF),
    "fractions": (table(NAMED, lambda _, u, i, r: (u, i, f"{r}/5")), ANSWER),
    "fractions-of-10-and-5": (table(NAMED, lambda n, u, i, r: (u, i, f"{r}/5" if n % 2 else f"{2 * r}/10")), SEEN),
    "out-of": (table(NAMED, lambda _, u, i, r: (u, i, f"{r} out of 5 stars")), ANSWER),
    "percent": (table(NAMED, lambda _, u, i, r: (u, i, f"{20 * r}%")), {pair: 20 * r for pair, r in ANSWER.items()}),
    "decimal-comma": (table(NAMED, lambda _, u, i, r: (u, i, f"{r},5"), separator=";"), HALF),
    "decimal-comma-quoted": (table(NAMED, lambda _, u, i, r: (u, i, f"{r},5")), HALF),
    "n-stars": (table(NAMED, lambda _, u, i, r: (u, i, f"{r} star{'s' * (r > 1)}")), ANSWER),
    "words": (table(NAMED, lambda _, u, i, r: (u, i, WORDS[r - 1].title())), ANSWER),
    "likes": (table(NAMED, lambda _, u, i, r: (u, i, "like" if r > 2 else "dislike")), {pair: float(r > 2) for pair, r in ANSWER.items()}),
    "thumbs": (table(NAMED, lambda _, u, i, r: (u, i, "👍" if r > 2 else "👎")), {pair: float(r > 2) for pair, r in ANSWER.items()}),
    "one-and-minus-one": (table(NAMED, lambda _, u, i, r: (u, i, 1 if r > 2 else -1)), {pair: 1.0 if r > 2 else -1.0 for pair, r in ANSWER.items()}),
    # What is no rating
    "minus-1": (plain(NAMED) + "".join(f"{u},unrated,-1\n" for u in USERS), ANSWER),
    "99": (plain(NAMED) + "".join(f"{u},unrated,99\n" for u in USERS), ANSWER),
    "many-zeros": (plain(NAMED) + "".join(f"{u},unrated {n},0\n" for u in USERS for n in range(9)), ANSWER),
    "empty-and-na": (plain(NAMED) + "u1,unrated,\nu1,unrated 2,N/A\nu2,unrated,null\nu3,unrated,-\n", ANSWER),
    # Wide tables
    "wide": (wide(), ANSWER),
    "wide-99": (wide(empty="99"), ANSWER),
    "wide-nan": (wide(empty="NaN", corner=""), ANSWER),
    "wide-semicolons": (wide(separator=";"), ANSWER),
    "wide-zeros-without-ids": (wide(empty="0", keys=False, header=False), NUMBERS),
    "wide-without-ids": (wide(keys=False), NUMBERED_USERS),
    "wide-items-down": (wide(corner="movie", by_item=True), ANSWER),
    "wide-stars": (wide(shown=lambda rating: "★" * rating), ANSWER),
    "wide-json": (as_json({u: {i: r for one, i, r in ROWS if one == u} for u in USERS}), ANSWER),
    # Headers, lines before them, quotes, separators
    "sep-line": ("sep=;\n" + plain(NAMED, separator=";"), ANSWER),
    "title-lines": ("Ratings of our club\nJanuary 2020\n\n" + plain(NAMED), ANSWER),
    "title-with-separators": ("Ratings of our club,,\n,,\n" + plain(NAMED), ANSWER),
    "comments": ("# made by us\n# in 2020\n" + plain(NAMED), ANSWER),
    "blank-lines-first": ("\n\n" + plain(NAMED), ANSWER),
    "header-without-index-name": (plain(None, quoting=csv.QUOTE_ALL).join(['"user","item","rating"\n', ""]).replace('\n"u', '\n"1","u'), ANSWER),
    "trailing-separators": (plain(NAMED, separator=";").replace("\n", ";\n"), ANSWER),
    "trailing-separators-below-header": (table(NAMED, lambda _, u, i, r: (u, i, r, ""), separator=";"), ANSWER),
    "empty-header-cells": (table([*NAMED, "", ""], lambda _, u, i, r: (u, i, r, "", "")), ANSWER),
    "one-unclosed-quote": (plain(NAMED).replace("Film 3,", '"Film 3,', 1), ANSWER),
    "unclosed-quote-among-quoted": (
        table(NAMED, lambda _, u, i, r: (u, f"{i}, x", r)).replace('"Film 3, x",', '"Film 3 x,', 1), None),
    "data-is-no-header": (plain(None), ANSWER),
    "windows-lines": (plain(NAMED).replace("\n", "\r\n"), ANSWER),
    "bom": ("\ufeff" + plain(NAMED), ANSWER),
    "bars": (plain(NAMED, separator="|"), ANSWER),
    "several-lines-in-a-cell": (table([*NAMED, "text"], lambda n, u, i, r: (u, i, r, f"one {n}\ntwo, and three words more")), ANSWER),
    # JSON
    "json-array": (as_json(json_rows(lambda _, u, i, r: {"user": u, "item": i, "rating": r})), ANSWER),
    "json-indented": (json.dumps(json_rows(lambda _, u, i, r: {"user": u, "item": i, "rating": r}), indent=2), ANSWER),
    "json-nested": (as_json(json_rows(lambda n, u, i, r: {"user": {"id": u}, "movie": {"id": i, "year": 1990}, "rating": r})), ANSWER),
    "json-wrapped": (as_json({"total": 3, "reviews": json_rows(lambda _, u, i, r: {"user": u, "item": i, "rating": r})}), ANSWER),
    "json-arrays": (as_json([NAMED, *ROWS]), ANSWER),
    "json-split": (as_json({"columns": NAMED, "index": list(range(len(ROWS))), "data": ROWS}), ANSWER),
    "json-columns": (as_json({name: {str(n): row[place] for n, row in enumerate(ROWS)} for place, name in enumerate(NAMED)}), ANSWER),
    "json-lists": (as_json({name: [row[place] for row in ROWS] for place, name in enumerate(NAMED)}), ANSWER),
    "json-lines-nested": ("\n".join(map(as_json, json_rows(lambda _, u, i, r: {"user": {"id": u}, "item": {"id": i}, "rating": r}))), ANSWER),
    # Excel
    "excel": (excel([NAMED, *ROWS]), ANSWER),
    "excel-titles": (excel([["Our club"], [], NAMED, *ROWS]), ANSWER),
    "excel-wide": (excel([["user", *ITEMS], *([u, *(ANSWER.get((u, i)) for i in ITEMS)] for u in USERS)]), ANSWER),
    "excel-dates": (excel([[*NAMED, "date"], *((*row, moment(n).replace(tzinfo=None)) for n, row in enumerate(ROWS))]), ANSWER),
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def import_file(content, options=None):
        path, folder = tmp_path / "upload", tmp_path / "dataset"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        folder.mkdir()
        import_ratings(path, options or RatingsOptions(), folder)
        return RatingsDataset.open(folder)

    return import_file


def ratings_of(dataset):
    numbers = dataset.ratings
    return {
        (dataset.user_keys[user], dataset.item_keys[item]): rating
        for user, item, rating in zip(
            numbers.users.tolist(), numbers.items.tolist(), numbers.ratings.tolist(), strict=True
        )
    }


@pytest.mark.parametrize("name", CASES)
def test_the_planted_ratings_are_read_without_any_option(read, tmp_path, name):
    content, answer = CASES[name]
    dataset = read(content)
    found = ratings_of(dataset)
    if answer is None:
        assert (len(found), sorted(found.values())) == (len(ANSWER), sorted(ANSWER.values()))
    else:
        assert found == answer
    assert sniff(tmp_path / "upload", Limits()).kind == Kind.RATINGS
    values = list(found.values())
    assert dataset.imported.details["mean_rating"] == pytest.approx(sum(values) / len(values))
    assert dataset.imported.details["scale"] == [min(values), max(values)]


@pytest.mark.parametrize(
    ("name", "reason", "count"),
    [
        ("minus-1", "rows rated -1, which means “not rated”", 12),
        ("99", "rows rated 99, which means “not rated”", 12),
        ("many-zeros", "rows rated 0, which means “not rated”", 108),
        ("book-crossing", "rows rated 0, which means “not rated”", 12),
        ("empty-and-na", "rows without a rating", 4),
    ],
    ids=["minus-1", "99", "many-zeros", "book-crossing", "empty-and-na"],
)
def test_what_is_left_out_is_counted_with_examples(read, name, reason, count):
    details = read(CASES[name][0]).imported.details
    assert {each: counted["count"] for each, counted in details["left_out"].items()} == {reason: count}
    assert "unrated" in details["left_out"][reason]["examples"][0]


def test_what_is_converted_is_counted_with_an_example(read):
    details = read(CASES["stars-alone"][0]).imported.details
    converted = details["converted"]["ratings written as text"]
    assert converted["count"] == len(ROWS)
    assert converted["examples"][0].endswith(f"as {ROWS[0][2]}")
    assert any("is read as" in sentence for sentence in details["read"]["assumptions"])


def test_how_a_file_was_read_is_reported(read):
    assert read(CASES["sep-line"][0]).imported.details["read"] == {
        "kind": "ratings",
        "layout": "delimited",
        "separator": ";",
        "header": True,
        "encoding": "utf-8",
        "columns": {"user": ["user"], "item": ["item"], "rating": ["rating"]},
        "assumptions": [],
    }


DATES = {
    "iso": lambda when: when.strftime("%Y-%m-%d"),
    "iso-with-time": lambda when: when.isoformat(),
    "us": lambda when: f"{when.month}/{when.day}/{when.year}",
    "us-with-clock": lambda when: f"{when.month}/{when.day}/{when.year} 3:05 PM",
    "us-short-year": lambda when: f"{when.month}/{when.day}/{when.year % 100:02}",
    "day-first-slashes": lambda when: when.strftime("%d/%m/%Y"),
    "day-first-dots": lambda when: f"{when.day}.{when.month}.{when.year}",
    "month-name": lambda when: when.strftime("%b %d, %Y"),
    "day-month-name": lambda when: when.strftime("%d %B %Y"),
    "amazon": lambda when: when.strftime("%m %d, %Y"),
    "asctime": lambda when: when.strftime("%a %b %d 12:00:00 -0700 %Y"),
    "seconds": lambda when: int(when.timestamp()),
    "milliseconds": lambda when: int(when.timestamp() * 1000),
    "year-first-slashes": lambda when: when.strftime("%Y/%m/%d"),
}


@pytest.mark.parametrize("name", DATES)
def test_the_newest_of_several_ratings_is_kept_in_any_notation_of_dates(read, name):
    written = [(u, i, r, DATES[name](moment(200 + n))) for n, (u, i, r) in enumerate(ROWS)]
    older = [(u, i, 6 - r, DATES[name](moment(n))) for n, (u, i, r) in enumerate(ROWS[:20])]
    dataset = read(table([*NAMED, "date"], lambda _, *row: row, rows=[*written, *older]))
    assert ratings_of(dataset) == ANSWER
    assert dataset.imported.details["merged"]["ratings of an item that the user rated before"]["count"] == 20
    assert any("the newest was kept" in warning for warning in dataset.imported.warnings)


def test_dates_that_are_not_understood_are_reported(read):
    rows = [*((u, i, r, "last week") for u, i, r in ROWS), (*ROWS[0][:2], 5, "today")]
    dataset = read(table([*NAMED, "date"], lambda _, *row: row, rows=rows))
    assert ratings_of(dataset) == {**ANSWER, ROWS[0][:2]: 5}
    said = " ".join([*dataset.imported.warnings, *dataset.imported.details["read"]["assumptions"]])
    assert "the last one in the file was kept" in said
    assert "no dates that are understood" in said


def test_a_date_far_down_decides_the_order_of_day_and_month(read):
    # Any order fits the first 1,000 rows. The 2nd of January is older than the 1st of March.
    rows = [(f"u{n % 40}", f"i{n // 40}", n % 5 + 1, "5/5/2014") for n in range(1200)]
    rows[0] = ("u0", "i0", 1, "2/1/2014")
    rows += [("u0", "i0", 5, "1/3/2014"), ("u1", "new", 3, "31/12/2014")]
    dataset = read(table([*NAMED, "date"], lambda _, *row: row, rows=rows))
    assert dataset.imported.options["date_order"] == "day-first"
    assert ratings_of(dataset)["u0", "i0"] == 5
    assert not any("not understood" in warning for warning in dataset.imported.warnings)
