"""Ratings of every named shape become the same dataset; hostile files get a clear word."""

from __future__ import annotations

import errno
import zipfile

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import CancelledError, InputError, NotFoundError, StorageError
from embedlab.core.kind import Kind
from embedlab.kinds.base import Imported
from embedlab.kinds.ratings import (
    RatingsDataset,
    RatingsOptions,
    guess_ratings_options,
    import_ratings,
    preview_ratings,
)
from embedlab.reading.sources import Limits

#: user, item, rating, time
ROWS = [
    ("196", "242", "3", "881250949"),
    ("186", "302", "3", "891717742"),
    ("22", "377", "1", "878887116"),
    ("196", "302", "5", "881250950"),
    ("22", "242", "4", "878887117"),
    ("22", "302", "2", "878887118"),
]
LIMITS = Limits()


def lines(separator, header=()):
    rows = [separator.join(header)] if header else []
    return "\n".join([*rows, *(separator.join(row) for row in ROWS)]) + "\n"


def write_parquet(path):
    users, items, ratings, times = (list(map(float, column)) for column in zip(*ROWS, strict=True))
    pd.DataFrame(
        {"user_id": np.array(users, int), "item_id": np.array(items, int), "rating": ratings, "timestamp": times}
    ).to_parquet(path)


SHAPES = {
    "u.data": lambda path: path.write_text(lines("\t")),
    "ratings.dat": lambda path: path.write_text(lines("::")),
    "ratings.csv": lambda path: path.write_text(lines(",", ("userId", "movieId", "rating", "timestamp"))),
    "no_header.csv": lambda path: path.write_text(lines(",")),
    "BX-Book-Ratings.csv": lambda path: path.write_bytes(
        "".join(f'"{user}";"{item}";"{rating}"\n' for user, item, rating in
                [("User-ID", "ISBN", "Book-Rating"), *(row[:3] for row in ROWS)]).encode("latin-1")
    ),
    "ratings.parquet": write_parquet,
}  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "dataset"
    folder.mkdir()
    return folder


def imported(path, folder, options=None, **others) -> RatingsDataset:
    import_ratings(path, options or RatingsOptions(), folder, limits=LIMITS, **others)
    return RatingsDataset.open(folder)


def csv_file(tmp_path, text, name="ratings.csv"):
    path = tmp_path / name
    path.write_text("user,item,rating\n" + text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", SHAPES)
def test_every_named_shape_becomes_the_same_dataset(tmp_path, folder, name):
    path = tmp_path / "upload"
    SHAPES[name](path)
    dataset = imported(path, folder)
    assert dataset.imported.counts == {"ratings": 6, "users": 3, "items": 3}
    assert dataset.user_keys == ["22", "196", "186"]
    assert dataset.items[["key", "count", "mean_rating"]].to_numpy().tolist() == [
        ["302", 3, pytest.approx(10 / 3)],
        ["242", 2, 3.5],
        ["377", 1, 1.0],
    ]
    found = [
        (dataset.user_keys[user], dataset.item_keys[item], rating)
        for user, item, rating in zip(
            dataset.ratings.users, dataset.ratings.items, dataset.ratings.ratings.tolist(), strict=True
        )
    ]
    assert found == [(user, item, float(rating)) for user, item, rating, _ in ROWS]
    assert dataset.scale == (1.0, 5.0)
    has_time = name != "BX-Book-Ratings.csv"
    assert (dataset.imported.options["time"] is not None) == has_time


def test_the_import_can_be_repeated_from_its_options(tmp_path, folder):
    path = tmp_path / "upload"
    SHAPES["ratings.dat"](path)
    first = imported(path, folder)
    again = tmp_path / "again"
    again.mkdir()
    second = imported(path, again, RatingsOptions.model_validate(first.imported.options))
    assert second.imported == first.imported
    assert Imported.load(folder).kind == Kind.RATINGS


def test_columns_by_name_by_number_and_by_number_as_text(tmp_path):
    path = tmp_path / "upload"
    path.write_text("stars,what,extra,who\n" + "".join(f"{r},{i},7,{u}\n" for u, i, r, _ in ROWS))
    for number, (user, item, rating) in enumerate([("who", "what", "stars"), (3, 1, 0), ("3", "1", "0")]):
        folder = tmp_path / str(number)
        folder.mkdir()
        dataset = imported(path, folder, RatingsOptions(user=user, item=item, rating=rating))
        assert dataset.user_keys == ["22", "196", "186"]


def test_a_missing_column_and_one_column_for_two_roles_are_refused(tmp_path, folder):
    path = csv_file(tmp_path, "a,x,1\nb,y,2\nb,x,3\n")
    with pytest.raises(NotFoundError, match="column"):
        imported(path, folder, RatingsOptions(user="nobody"))
    with pytest.raises(InputError, match="same column"):
        imported(path, folder, RatingsOptions(user="item", item="item"))
    assert list(folder.iterdir()) == []


def test_a_time_of_null_means_none(tmp_path, folder):
    path = tmp_path / "u.data"
    path.write_text("1\t1\t3\t900000002\n1\t1\t5\t900000001\n2\t1\t4\t900000003\n2\t2\t1\t900000004\n")
    assert imported(path, folder).ratings.ratings.tolist() == [3, 4, 1]
    other = tmp_path / "other"
    other.mkdir()
    dataset = imported(path, other, RatingsOptions(time=None))
    assert dataset.ratings.ratings.tolist() == [5, 4, 1]
    assert dataset.imported.details["duplicates"] == {"rule": "last", "count": 1}
    assert "the last one in the file was kept" in " ".join(dataset.imported.warnings)


def test_duplicates_as_means_and_refused(tmp_path, folder):
    path = csv_file(tmp_path, "a,x,1\na,x,4\nb,y,2\nb,x,3\n")
    with pytest.raises(InputError, match="more than once"):
        imported(path, folder, RatingsOptions(duplicates="refuse"))
    assert not list(folder.glob(".*.rows"))
    assert imported(path, folder, RatingsOptions(duplicates="mean")).ratings.ratings.tolist() == [2.5, 2, 3]


def test_unusable_rows_are_counted_shown_and_left_out(tmp_path, folder):
    bad = "a,x,nan\nb,y,inf\n,y,3\nb,,3\nb,y,\nb,y,lots\n" + "u" * 10_000 + ",x,3\nonly two,columns\n"
    dataset = imported(csv_file(tmp_path, "a,x,1\n" + bad + "b,y,5\na,y,3\n"), folder)
    left_out = dataset.imported.details["left_out"]
    assert dataset.imported.counts["ratings"] == 3
    assert {reason: each["count"] for reason, each in left_out.items()} == {
        "rows without a user": 1,
        "rows without an item": 1,
        "rows without a rating": 2,
        "rows whose rating is not a number": 2,
        "rows with an id of more than 1,000 characters": 1,
        "rows with another number of columns": 1,
    }
    assert "8 rows were left out" in dataset.imported.warnings[0]
    assert all(len(text) <= 100 for each in left_out.values() for text in each["examples"])


def test_names_are_data(tmp_path, folder):
    names = ["<script>alert(1)</script>", "=1+1", "![](http://x)", "\u202eevil", "🎬", "ü" * 1000]
    text = "".join(f"{name},item {number % 2},{number}\n" for number, name in enumerate(names))
    dataset = imported(csv_file(tmp_path, text), folder)
    assert set(dataset.user_keys) == set(names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no ratings"),
        pytest.param("a,x,1\n", "too few usable ratings", id="one-rating"),
        pytest.param("a,x,1\na,y,2\na,z,3\n", "one user", id="one-user"),
        pytest.param("a,x,1\nb,x,2\nc,x,3\n", "one item", id="one-item"),
        pytest.param("a,x,nan\nb,y,nan\nc,z,nan\n", "No row|no column|No column", id="nan"),
    ],
)
def test_too_little_is_refused_with_a_remedy_and_nothing_is_left(tmp_path, folder, text, message):
    options = RatingsOptions(has_header=True, user="user", item="item", rating="rating")
    with pytest.raises(InputError, match=message) as caught:
        imported(csv_file(tmp_path, text), folder, options)
    assert caught.value.remedy
    assert not list(folder.glob(".*.rows"))


def test_an_empty_file_is_refused(tmp_path, folder):
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    with pytest.raises(InputError, match="empty"):
        imported(path, folder)


def test_a_published_split_is_kept(tmp_path, folder):
    path, test_path = tmp_path / "u.data", tmp_path / "u1.test"
    path.write_text(lines("\t"))
    test_path.write_text("196\t242\t3\t881250949\n999\t302\t4\t881250949\n")
    dataset = imported(path, folder, test_path=test_path)
    assert dataset.has_published_split
    assert dataset.imported.counts == {"ratings": 5, "users": 4, "items": 3, "test_ratings": 2}
    for seed in (0, 1):
        split = dataset.split(seed)
        assert (len(split.train), len(split.validation), len(split.test)) == (4, 1, 2)
        assert [dataset.user_keys[user] for user in split.test.users] == ["196", "999"]
        assert len(split.without_test().test) == 0
    assert dataset.users.set_index("key").loc["999", "count"] == 0


def test_the_range_of_a_published_test_part_is_no_part_of_the_scale(tmp_path, folder):
    path, test_path = tmp_path / "u.data", tmp_path / "u1.test"
    path.write_text(lines("\t"))
    test_path.write_text("196\t242\t99\t881250949\n999\t302\t-7\t881250949\n")
    dataset = imported(path, folder, test_path=test_path)
    own = (float(dataset.ratings.ratings.min()), float(dataset.ratings.ratings.max()))
    assert dataset.scale == tuple(dataset.imported.details["scale"]) == own
    assert dataset.split(0).scale == own
    # Earlier versions stored the range of both parts.
    dataset.imported.details["scale"] = [-7.0, 99.0]
    assert type(dataset).open(folder).scale == own


@pytest.mark.parametrize("duplicates", ["last", "mean"], ids=["last", "mean"])
def test_a_user_and_an_item_are_never_in_two_parts(tmp_path, folder, duplicates):
    rng = np.random.default_rng(0)
    rows = [f"u{user}\ti{item}\t{rating}" for user, item, rating in rng.integers(1, 6, (400, 3))]
    path, test_path = tmp_path / "u.data", tmp_path / "u1.test"
    path.write_text("\n".join(["user\titem\trating", *rows]) + "\n")
    test_path.write_text("\n".join(["user\titem\trating", *rows[:5], *rows[:5]]) + "\n")
    for number, published in enumerate((None, test_path)):
        home = folder / str(number)
        home.mkdir()
        dataset = imported(path, home, RatingsOptions(duplicates=duplicates), test_path=published)
        split = dataset.split(1)
        pairs = [list(zip(part.users.tolist(), part.items.tolist(), strict=True)) for part in split_parts(split)]
        everything = [pair for part in pairs for pair in part]
        assert len(everything) == len(set(everything)) > 20


def split_parts(split):
    return split.train, split.validation, split.test


def test_movielens_latest_small_has_its_published_figures(real_data, folder):
    shares = []
    dataset = imported(
        real_data("ml-latest-small/ratings.csv"),
        folder,
        items_path=real_data("ml-latest-small/movies.csv"),
        report=lambda share, _: shares.append(share),
    )
    assert dataset.imported.counts == {"ratings": 100_836, "users": 610, "items": 9_724}
    assert dataset.scale == (0.5, 5.0)
    top = dataset.items.iloc[0]
    assert (top["label"], top["year"], top["count"]) == ("Forrest Gump (1994)", 1994, 329)
    assert top["genres"] == "Comedy|Drama|Romance|War"
    details = dataset.imported.details
    assert details["items_file"] == {"items": 9_742, "matched": 9_724, "unrated": 18}
    assert details["density"] == pytest.approx(100_836 / (610 * 9_724))
    assert sum(details["histogram"]["counts"]) == 100_836
    assert details["histogram"]["values"] == [0.5 * half for half in range(1, 11)]
    assert details["popularity"]["counts"][0] == 329
    assert (len(details["sparsity"]["rows"]), len(details["sparsity"]["rows"][0])) == (60, 100)
    assert details["left_out"] == details["merged"] == {}
    assert shares == sorted(shares)
    split = dataset.split(3)
    assert [len(part) for part in (split.train, split.validation, split.test)] == [80_668, 10_084, 10_084]
    pairs = np.concatenate(
        [part.users.astype(np.int64) * 9_724 + part.items for part in (split.train, split.validation, split.test)]
    )
    assert len(np.unique(pairs)) == 100_836


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("movies.csv", 'movieId,title,genres\n242,"Kolya, the film (1996)",Comedy|Drama\n302,L.A. (1997),Crime\n'),
        ("movies.dat", "242::Kolya, the film (1996)::Comedy|Drama\n302::L.A. (1997)::Crime\n"),
        (
            "u.item",
            "".join(
                f"{key}|{title}|24-Jan-1997||http://us.imdb.com/x|" + "|".join("01"[g in on] for g in range(19)) + "\n"
                for key, title, on in (("242", "Kolya, the film (1996)", (5, 8)), ("302", "L.A. (1997)", (6,)))
            ),
        ),
    ],
    ids=["movies.csv", "movies.dat", "u.item"],
)
def test_items_files_of_every_named_shape(tmp_path, folder, name, content):
    path, items_path = tmp_path / "u.data", tmp_path / name
    path.write_text(lines("\t"))
    items_path.write_text(content, encoding="latin-1")
    dataset = imported(path, folder, items_path=items_path)
    table = dataset.items.set_index("key")
    assert table.loc["242", ["label", "year", "genres"]].tolist() == ["Kolya, the film (1996)", 1996, "Comedy|Drama"]
    assert table.loc["377", "label"] == "377"
    assert dataset.imported.details["items_file"] == {"items": 2, "matched": 2, "unrated": 0}


def test_an_items_file_of_other_items_is_refused(tmp_path, folder):
    path, items_path = tmp_path / "u.data", tmp_path / "movies.csv"
    path.write_text(lines("\t"))
    items_path.write_text("movieId,title,genres\nx1,A,B\nx2,C,D\n")
    with pytest.raises(InputError, match="no item in common"):
        imported(path, folder, items_path=items_path)


def test_the_preview_tells_what_is_in_the_file(tmp_path):
    path = tmp_path / "upload"
    SHAPES["ratings.csv"](path)
    preview = preview_ratings(path, limits=LIMITS)
    # Only the whole file can show that not all ratings are equal.
    guessed = guess_ratings_options(path, LIMITS)
    assert (guessed.feedback, preview.options.feedback) == (None, "explicit")
    assert preview.options == guessed.model_copy(update={"feedback": "explicit", "duplicates": "last"})
    assert preview.column_names == ["userId", "movieId", "rating", "timestamp"]
    assert preview.rows == [list(row) for row in ROWS]
    assert (preview.counts, preview.is_all, preview.scale) == ({"ratings": 6, "users": 3, "items": 3}, True, (1.0, 5.0))
    assert preview.histogram["counts"] == [1, 1, 2, 1, 1]


def test_an_import_can_be_cancelled_and_leaves_no_rows(tmp_path, folder):
    path = tmp_path / "upload"
    SHAPES["ratings.csv"](path)

    def cancel(share, stage):
        raise CancelledError("stop")

    with pytest.raises(CancelledError):
        imported(path, folder, report=cancel)
    assert not list(folder.glob(".*.rows"))


def test_a_damaged_dataset_says_so(tmp_path, folder):
    path = tmp_path / "upload"
    SHAPES["ratings.csv"](path)
    dataset = imported(path, folder)
    (folder / "ratings.npy").write_bytes(b"junk")
    with pytest.raises(StorageError):
        _ = dataset.ratings


def test_the_sample_can_be_learned(tmp_path, folder):
    """The affinity planted in the made ratings is more than users' and items' means can tell."""
    from embedlab.samples.shipped import sample, write_sample

    files = write_sample("made-ratings", tmp_path)
    options = RatingsOptions.model_validate(sample("made-ratings").options)
    dataset = imported(files.path, folder, options, items_path=files.items_path)
    assert dataset.imported.counts["users"] == 1000
    assert {"year", "genres"} <= set(dataset.items.columns)
    split = dataset.split(0)
    means = dataset.items["mean_rating"].to_numpy()[split.test.items]
    assert np.sqrt(np.mean((means - split.test.ratings) ** 2)) > 0.8


def test_five_thousand_columns_are_refused(tmp_path, folder):
    path = tmp_path / "wide.csv"
    path.write_text("\n".join(",".join(["1"] * 5000) for _ in range(3)))
    with pytest.raises(InputError, match="1,000 columns"):
        imported(path, folder)


def test_a_full_disk_is_a_storage_error(tmp_path, folder, monkeypatch):
    path = tmp_path / "upload"
    SHAPES["ratings.csv"](path)

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("embedlab.kinds.ratings.dataset.np.save", full)
    with pytest.raises(StorageError, match="disk is full"):
        imported(path, folder)


def test_numbers_as_ids_stay_whole(tmp_path, folder):
    path = tmp_path / "ids.parquet"
    pd.DataFrame(
        {"user": [1.0, 2.0, None, 1.0], "item": [10, 20, 30, 20], "rating": np.array([1, 2, 3, 4], np.int8)}
    ).to_parquet(path)
    dataset = imported(path, folder)
    assert (dataset.user_keys, dataset.item_keys) == (["1", "2"], ["20", "10"])
    assert dataset.imported.details["left_out"]["rows without a user"]["count"] == 1


def test_a_zip_of_the_whole_data_set_is_read_from_its_largest_member(tmp_path, folder):
    path = tmp_path / "ml.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("ml/README.txt", "terms")
        archive.writestr("ml/ratings.csv", lines(",", ("userId", "movieId", "rating", "timestamp")))
    assert imported(path, folder).imported.counts["ratings"] == 6


def test_rows_longer_than_the_header_are_left_out(tmp_path, folder):
    path = csv_file(tmp_path, "a,x,1\nb,y,2,900000000,more\nb,x,3\nc,y,4\n")
    options = RatingsOptions(layout="delimited", encoding="utf-8", delimiter=",", has_header=True, quoting=True)
    dataset = imported(path, folder, options)
    assert dataset.imported.options["time"] is None
    assert dataset.imported.details["left_out"]["rows with another number of columns"]["count"] == 1


def test_an_items_file_without_keys_is_refused(tmp_path, folder):
    path, items_path = tmp_path / "u.data", tmp_path / "movies.csv"
    path.write_text(lines("\t"))
    items_path.write_text("movieId,title,genres\n,Toy Story (1995),Children\n,Jumanji (1995),Children\n")
    with pytest.raises(InputError, match="no items"):
        imported(path, folder, items_path=items_path)
