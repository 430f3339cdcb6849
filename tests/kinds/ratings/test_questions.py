"""What a file does not tell is asked, with samples and the options that answer; what is no rating is refused."""

from __future__ import annotations

import pytest

from embedlab.core.errors import InputError, UnsureError
from embedlab.core.kind import Kind
from embedlab.kinds.ratings import RatingsDataset, RatingsOptions, guess_ratings_options, import_ratings
from embedlab.kinds.ratings.second_files.items import join_genres, read_items
from embedlab.kinds.sniffing import sniff
from embedlab.reading.limits import Limits
from tests.kinds.ratings.planted import ROWS, table, wide

NAMED = ["user", "item", "rating"]


@pytest.fixture
def put(tmp_path):
    def write(text):
        path = tmp_path / "upload"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def imported(path, **options):
    folder = path.parent / f"dataset{len(list(path.parent.iterdir()))}"
    folder.mkdir()
    import_ratings(path, RatingsOptions(**options), folder)
    return RatingsDataset.open(folder)


def zeros(n):
    """Ratings of which `n` are 0, more than any scale has at its end, and too few to be plainly no ratings."""
    return table(NAMED, lambda k, u, i, r: (u, i, 0 if k < n else r))


ASKED = {
    "two-ratings": (
        table(["user", "item", "food", "service"], lambda n, u, i, r: (u, i, r, (r + n) % 5 + 1)),
        ["--rating food", "--rating service"],
    ),
    "large-numbers": (
        table(None, lambda n, u, i, r: (u, f"x{n % 9}", 17 * (n % 8), "same", f"y{n % 5}")),
        ["--rating 2"],
    ),
    "unknown-words": (
        table(NAMED, lambda _, u, i, r: (u, i, ["niet", "matig", "prima"][r % 3])),
        ['--rating-words "matig,niet,prima"', '--rating-words "prima,niet,matig"'],
    ),
    "zero": (zeros(28), ["--not-rated 0", "--not-rated none"]),
    "several-users": (
        table(["club", "group", "house", "rating"], lambda n, u, i, r: (u, i, f"h{n % 5}", r)),
        ["--user club", "--user group", "--user house"],
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_a_question_has_samples_and_answers(put, name):
    text, flags = ASKED[name]
    path = put(text)
    with pytest.raises(UnsureError) as caught:
        guess_ratings_options(path)
    choices = caught.value.choices
    assert [choice.flag for choice in choices] == flags
    assert all(choice.sample and choice.options for choice in choices)
    assert all(flag in str(caught.value) for flag in flags)


def test_each_answer_decides(put):
    path = put(ASKED["zero"][0])
    assert imported(path, not_rated="0").scale == (1, 5)
    assert imported(path, not_rated="none").scale == (0, 5)
    path = put(ASKED["two-ratings"][0])
    assert imported(path, rating="service").imported.details["read"]["columns"]["rating"] == ["service"]
    path = put(ASKED["unknown-words"][0])
    assert imported(path, rating_words="niet,matig,prima").scale == (1, 3)
    assert imported(path, rating_words="niet=0,matig=5,prima=10").scale == (0, 10)


def test_zero_on_a_scale_from_zero_is_a_rating_and_said(put):
    dataset = imported(put(table(NAMED, lambda n, u, i, r: (u, i, n % 6))))
    assert dataset.scale == (0, 5)
    assert dataset.imported.details["read"]["assumptions"] == ["0 is read as the lowest rating."]


REFUSED = {
    "letterboxd": (
        "Date,Name,Year,Letterboxd URI,Rating\n" + "2020-01-05,Film,1999,https://boxd.it/x,4\n" * 9,
        "one person.*Letterboxd",
    ),
    "imdb": (
        "Const,Your Rating,Date Rated,Title,IMDb Rating,Num Votes\n" + "tt1,8,2020-01-01,Film,7.1,900\n" * 9,
        "one person.*IMDb",
    ),
    "goodreads": (
        "Book Id,Title,Author,My Rating,Average Rating,Exclusive Shelf\n" + "1,Book,A,4,3.9,read\n" * 9,
        "one person.*Goodreads",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_rating_is_refused_with_the_reason(put, name):
    text, reason = REFUSED[name]
    path = put(text)
    assert sniff(path, Limits()).kind == Kind.RATINGS
    with pytest.raises(InputError, match=reason) as caught:
        guess_ratings_options(path)
    assert caught.value.remedy


TEXTS = {
    "split-label-stars-text": table(
        ["split", "label", "stars", "text"],
        lambda n, u, i, r: (["train", "test"][n % 2], "ab"[n % 2], r, f"number {n} is a text"),
    ),
    "text-and-stars": table(["text", "stars"], lambda n, u, i, r: (f"number {n} is a text of some words", r)),
    "tags": table(["userId", "movieId", "tag"], lambda n, u, i, r: (u, i, f"word {n}")),
    "features": table(["age", "sex", "pressure", "target"], lambda n, u, i, r: (30 + n % 40, n % 2, 100 + n, n % 2)),
    "measurements": table(["a", "b", "c", "kind"], lambda n, u, i, r: (n / 7, n / 9, n / 11, f"k{n % 3}")),
    "intents": table(
        None, lambda n, u, i, r: (n, f"please {['show', 'fill'][n % 2]} cart {n}", ["cart", "order"][n % 2])
    ),
    "orders-of-one-item": table(["order_id", "product", "price"], lambda n, u, i, r: (n, i, n / 3)),
    "users-and-countries": table(["user", "country"], lambda n, u, i, r: (u, ["FR", "DE"][n % 2])),
    "features-of-customers": table(
        ["customer_id", "is_student", "has_car", "gender", "churn"],
        lambda n, u, i, r: (n + 5000, n % 2, n % 3 // 2, r % 2, n % 4 // 3),
    ),
    "friends": table(["userID", "friendID"], lambda n, u, i, r: (u[1:], n), separator="\t"),
    "grid": table(None, lambda n, u, i, r: (n // 10 / 2, n % 10 / 2)),
    "sales": table(["region", "month", "amount"], lambda n, u, i, r: ("north", f"2020-{n % 12 + 1:02}", 100 * n)),
}


@pytest.mark.parametrize("name", TEXTS)
def test_other_tables_are_not_taken_for_ratings(put, name):
    assert sniff(put(TEXTS[name]), Limits()).kind != Kind.RATINGS


def test_a_quote_that_is_not_closed_far_down_loses_no_row(put):
    lines = [f'u{n % 100},"Film {n // 100}, x",{n % 5 + 1}' for n in range(16_000)]
    lines[15_000] = 'u0,"Film 150 x,1'
    dataset = imported(put("\n".join(["user,item,rating", *lines, ""])))
    assert dataset.imported.counts == {"ratings": 16_000, "users": 100, "items": 161}
    assert dataset.imported.details["converted"]["lines with a quote that is not closed"]["count"] == 1


def test_marks_that_only_the_end_of_a_file_shows_are_left_out(put):
    rows = "".join(f"u{n % 100},i{n // 100},{n % 5 + 1}\n" for n in range(30_000))
    dataset = imported(put(f"user,item,rating\n{rows}u1,new,-1\nu2,new,-1\n"))
    assert (dataset.scale, dataset.imported.counts["items"]) == ((1, 5), 300)
    assert dataset.imported.details["left_out"]["rows rated -1, which means “not rated”"]["count"] == 2


def test_a_wide_table_can_be_demanded_and_declined(put):
    path = put(wide())
    assert imported(path, shape="wide").imported.counts["ratings"] == len(ROWS)
    with pytest.raises(InputError, match="same column"):
        imported(path, shape="long", user="user", item="Film 0", rating="Film 0")


@pytest.mark.parametrize(
    ("cell", "genres"),
    [
        ("Comedy|Drama", "Comedy|Drama"),
        ("Comedy, Drama", "Comedy|Drama"),
        ("[{'id': 18, 'name': 'Drama'}, {'id': 80, 'name': 'Crime'}]", "Drama|Crime"),
        ('[{"id": 18, "name": "Science Fiction"}]', "Science Fiction"),
        ("['Action', 'Indie']", "Action|Indie"),
        ('["Rock & Roll", "A, B"]', "Rock & Roll|A, B"),
        ("[]", ""),
        ("[" * 5000, ""),
        ("(no genres listed)", ""),
    ],
    ids=["bars", "commas", "tmdb", "json-objects", "python-list", "json-list", "empty", "hostile", "none"],
)
def test_genres_in_every_notation(cell, genres):
    assert join_genres(cell).strip("[") == genres


def test_titles_stay_as_they_are(put):
    titles = [
        "劇場版\u3000港の灯",
        "\u0634\u0628\u200c\u0647\u0627\u06cc",
        "Family 👨\u200d👩\u200d👧 Trip",
        "Donau\u00addampfer",
        "a\u00a0b",
        "‫שלום‬",
    ]
    path = put("movieId,title\n" + "".join(f'{number},"{title}"\n' for number, title in enumerate(titles)))
    assert read_items(path, Limits())["label"].tolist() == titles


def test_the_format_of_an_items_file_can_be_chosen(tmp_path):
    items, ratings = tmp_path / "items", tmp_path / "ratings"
    ratings.write_text(table(NAMED, lambda n, u, i, r: (u, i.split()[1], r)))
    items.write_text("".join(f"{number}^Film {number}^Drama\n" for number in range(15)))
    folder = tmp_path / "dataset"
    folder.mkdir()
    import_ratings(ratings, RatingsOptions(items_delimiter="^"), folder, items_path=items)
    table_of_items = RatingsDataset.open(folder).items
    assert set(table_of_items["label"]) == {f"Film {number}" for number in range(15)}
    assert set(table_of_items["genres"]) == {"Drama"}
