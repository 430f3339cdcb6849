# ruff: noqa: E501  (the table of cases is easier to read with one case per line)
"""Files of purchases, plays, watched lists and baskets give exactly the planted counts, without any option."""

from __future__ import annotations

import hashlib
import random
import uuid

import pandas as pd
import pytest

from embedlab.core.errors import InputError, UnsureError
from embedlab.core.kind import Kind
from embedlab.kinds.ratings import (
    RatingsDataset,
    RatingsOptions,
    guess_ratings_options,
    import_ratings,
    preview_ratings,
)
from embedlab.kinds.ratings.interactions import interactions_split
from embedlab.kinds.sniffing import sniff
from embedlab.reading.limits import Limits
from tests.kinds.ratings.planted import ITEMS, ROWS, USERS, as_json, moment, table, wide

_RANDOM = random.Random(5)
#: Plays have a long tail: most are few, some are thousands.
PLAYS = [int(_RANDOM.paretovariate(0.7)) for _ in ROWS]
ONES = {(user, item): 1.0 for user, item, _ in ROWS}
COUNTS = {(user, item): float(plays) for (user, item, _), plays in zip(ROWS, PLAYS, strict=True)}
HOURS = {(user, item): plays / 4 for (user, item, _), plays in zip(ROWS, PLAYS, strict=True)}
NUMBERS = {(u[1:], i.split()[1]): count for (u, i), count in COUNTS.items()}
#: What each user chose, one after the other.
CHOSEN = {user: [item for one, item, _ in ROWS if one == user] for user in USERS}
BASKETS = {(str(number), item): 1.0 for number, items in enumerate(CHOSEN.values()) for item in items}


def sha(text):
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def mbid(text):
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, text))


def pairs(header, **more):
    return table(header, lambda _, u, i, r: (u, i), **more)


def plays(header, **more):
    return table(header, lambda n, u, i, r: (u, i, PLAYS[n]), **more)


def baskets(separator=",", *, key=False, count=False, width=0):
    lines = []
    for user, items in CHOSEN.items():
        cells = [*([user] if key else []), *([str(len(items))] if count else []), *items]
        lines.append(separator.join([*cells, *[""] * (width - len(cells))]))
    return "\n".join(lines) + "\n"


def orders(customer="CustomerID", quantity="Quantity", returns=False):
    text = table(
        ["InvoiceNo", "StockCode", "Description", quantity, "InvoiceDate", "UnitPrice", customer, "Country"],
        lambda n, u, i, r: (
            536365 + n,
            i,
            f"A {i} in red",
            PLAYS[n],
            f"12/{n % 28 + 1}/2010 8:26",
            2.55,
            u,
            "UK" if n % 3 else "France",
        ),
    )
    return text + ("C536379,Film 1,A thing,-3,12/1/2010 9:41,2.1,u1,UK\n" * 2 if returns else "")


#: The content of a file, and its counts.
CASES = {
    # Lists without a value
    "watched": (table(["user", "movie", "watched_at"], lambda n, u, i, r: (u, i, moment(n).isoformat())), ONES),
    "pairs": (pairs(["user_id", "item_id"]), ONES),
    "pairs-tabs": (pairs(["userId", "productId"], separator="\t"), ONES),
    "pairs-semicolons-german": (pairs(["Kunde", "Produkt"], separator=";"), ONES),
    "pairs-spanish": (pairs(["usuario", "película"], separator="|"), ONES),
    "pairs-japanese": (pairs(["ユーザー", "映画"]), ONES),
    "pairs-polish-time": (table(["uzytkownik", "film", "data"], lambda n, u, i, r: (u, i, moment(n).strftime("%d.%m.%Y")), separator=";"), ONES),
    "pairs-json": ("\n".join(as_json({"user": u, "item": i}) for u, i, _ in ROWS), ONES),
    "pairs-without-names": (table(None, lambda _, u, i, r: (u[1:], i.split()[1])), dict.fromkeys(NUMBERS, 1.0)),
    "pairs-without-names-time": (table(None, lambda n, u, i, r: (u[1:], i.split()[1], 1_300_000_000 + n), separator="\t"), dict.fromkeys(NUMBERS, 1.0)),
    "purchases-with-countries": (table(["customer_id", "product_id", "country", "date"], lambda n, u, i, r: (u, i, ["FR", "DE"][n % 2], "2020-01-02")), ONES),
    "events-of-kinds": (table(["timestamp", "visitorid", "event", "itemid", "transactionid"], lambda n, u, i, r: (1_433_221_332_117 + n, u, ["view", "addtocart"][n % 2], i, "")), ONES),
    "groceries-long": (table(["Member_number", "Date", "itemDescription"], lambda n, u, i, r: (u, f"{n % 28 + 1:02}-07-2015", i)), ONES),
    "bakery": (table(["Transaction", "Item", "date_time", "period_day", "weekday_weekend"], lambda n, u, i, r: (u, i, "30-10-2016 09:58", ["morning", "noon"][n % 2], "weekend")), ONES),
    "instacart": (table(["order_id", "product_id", "add_to_cart_order", "reordered"], lambda n, u, i, r: (u, i, n % 3 + 1, n % 2)), None),
    # Counts and hours
    "hetrec": (table(["userID", "artistID", "weight"], lambda n, u, i, r: (u[1:], i.split()[1], PLAYS[n]), separator="\t"), NUMBERS),
    "plays": (plays(["user", "song", "play_count"]), COUNTS),
    "plays-first": (table(["plays", "artist", "user"], lambda n, u, i, r: (PLAYS[n], i, u)), COUNTS),
    "listens-semicolons": (plays(["user", "track", "listens"], separator=";"), COUNTS),
    "german-counts": (plays(["Nutzer", "Buch", "Anzahl"], separator=";"), COUNTS),
    "french-counts": (plays(["utilisateur", "livre", "écoutes"], separator="\t"), COUNTS),
    "spanish-counts": (plays(["usuario", "libro", "reproducciones"]), COUNTS),
    "polish-counts": (plays(["uzytkownik", "film", "liczba"]), COUNTS),
    "chinese-counts": (plays(["用户", "商品", "次数"]), COUNTS),
    "hours": (table(["user_id", "game_id", "hours_played"], lambda n, u, i, r: (u, i, PLAYS[n] / 4)), HOURS),
    "playtime-json": ("\n".join(as_json({"user": u, "game": i, "playtime_forever": PLAYS[n]}) for n, (u, i, _) in enumerate(ROWS)), COUNTS),
    "unnamed-count": (plays(["user", "item", "x"]), COUNTS),
    "recbole-count": (plays(["user_id:token", "item_id:token", "count:float"], separator="\t"), COUNTS),
    "orders": (orders(), COUNTS),
    "orders-retail-2": (orders("Customer ID").replace("InvoiceNo", "Invoice"), COUNTS),
    "orders-spanish": (plays(["cliente_id", "producto", "cantidad"]).replace("cliente_id", "usuario"), COUNTS),
    "orders-returns": (orders(returns=True), COUNTS),
    # Without names of columns
    "lastfm-360k": (table(None, lambda n, u, i, r: (sha(u), mbid(i) if n % 9 else "", i, PLAYS[n]), separator="\t"), {(sha(u), i): c for (u, i), c in COUNTS.items()}),
    "lastfm-names": (table(None, lambda n, u, i, r: (f"listener {u}", i, PLAYS[n]), separator="\t"), {(f"listener {u}", i): c for (u, i), c in COUNTS.items()}),
    "steam-200k": (
        table(None, lambda n, u, i, r: (u[1:], i, "purchase", "1.0", 0)) + table(None, lambda n, u, i, r: (u[1:], i, "play", PLAYS[n] / 4, 0)),
        {(u[1:], i): 1 + hours for (u, i), hours in HOURS.items()}),
    "steam-semicolons": (
        table(None, lambda n, u, i, r: (u[1:], i, "play", PLAYS[n] / 4, 0), separator=";"), {(u[1:], i): hours for (u, i), hours in HOURS.items()}),
    "events-without-names": (table(None, lambda n, u, i, r: (u, i, ["view", "click"][n % 2], 1_400_000_000 + n)), ONES),
    "numbers-without-names": (table(None, lambda n, u, i, r: (u[1:], i.split()[1], PLAYS[n])), NUMBERS),
    # Baskets
    "baskets": (baskets(), BASKETS),
    "baskets-semicolons": (baskets(";"), BASKETS),
    "baskets-tabs": (baskets("\t"), BASKETS),
    "baskets-spaced": (baskets(", "), BASKETS),
    "baskets-with-ids": (baskets(key=True), ONES),
    "baskets-with-ids-tabs": (baskets("\t", key=True), ONES),
    "baskets-counted": (",".join(["Item(s)", *(f"Item {n}" for n in range(1, 16))]) + "\n" + baskets(count=True, width=16), BASKETS),
    "baskets-padded": (baskets(width=15), BASKETS),
    "wide-flags": (wide(empty="0", shown=lambda _: "1"), ONES),
    "wide-flags-semicolons": (wide(corner="customer_id", empty="0", shown=lambda _: "1", separator=";"), ONES),
    # Ratings that are all equal
    "all-equal": (table(["user", "item", "rating"], lambda n, u, i, r: (u, i, 5)), ONES),
    "all-liked": (table(["user", "item", "rating"], lambda n, u, i, r: (u, i, 1.0), separator="\t"), ONES),
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def import_file(content, **options):
        path, folder = tmp_path / "upload", tmp_path / f"dataset{len(list(tmp_path.iterdir()))}"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        folder.mkdir()
        import_ratings(path, RatingsOptions(**options), folder)
        return RatingsDataset.open(folder)

    return import_file


def counts_of(dataset):
    rows = dataset.ratings
    return {
        (dataset.user_keys[user], dataset.item_keys[item]): count
        for user, item, count in zip(rows.users.tolist(), rows.items.tolist(), rows.ratings.tolist(), strict=True)
    }


@pytest.mark.parametrize("name", CASES)
def test_the_planted_counts_are_read_without_any_option(read, tmp_path, name):
    content, answer = CASES[name]
    dataset = read(content)
    answer = ONES if answer is None else answer
    assert counts_of(dataset) == pytest.approx(answer)
    assert dataset.feedback == "implicit"
    details = dataset.imported.details
    assert (details["feedback"], details["count_scaling"]) == ("implicit", "log")
    assert details["duplicates"]["rule"] == "sum"
    assert any(
        "implicit" in sentence or "choice" in sentence or "no names" in sentence
        for sentence in details["read"]["assumptions"]
    )
    upload = tmp_path / "upload"
    assert sniff(upload, Limits()).kind == Kind.RATINGS
    assert preview_ratings(upload).options.feedback == "implicit"


def test_guessed_options_import_the_same(read, tmp_path):
    for name in ("steam-200k", "baskets-counted", "orders", "all-equal", "lastfm-360k"):
        content, answer = CASES[name]
        (tmp_path / "upload").write_text(content)
        guessed = guess_ratings_options(tmp_path / "upload").model_dump(mode="json")
        assert counts_of(read(content, **guessed)) == pytest.approx(answer), name


def test_returned_goods_are_left_out_and_said(read):
    details = read(CASES["orders-returns"][0]).imported.details
    left_out = details["left_out"]["rows with a negative count, such as returned goods"]
    assert left_out["count"] == 2
    assert "-3" in left_out["examples"][0]


def test_orders_without_a_customer_are_left_out(read):
    text = orders() + "536544,Film 2,A thing,5,12/1/2010 14:32,2.51,,UK\n"
    dataset = read(text)
    assert counts_of(dataset) == COUNTS
    assert dataset.imported.details["left_out"]["rows without a user"]["count"] == 1


def test_events_of_one_pair_are_summed_and_counted(read):
    text = plays(["user", "song", "plays"])
    dataset = read(text + "".join(text.splitlines(keepends=True)[1:21]))
    twice = {(user, item) for user, item, _ in ROWS[:20]}
    assert counts_of(dataset) == {pair: count * (1 + (pair in twice)) for pair, count in COUNTS.items()}
    merged = dataset.imported.details["merged"]["events of a user and an item, counted together"]
    assert merged["count"] == 20
    assert dataset.imported.counts["ratings"] == len(ROWS)


def test_the_rule_for_several_events_can_be_chosen(read):
    text = plays(["user", "song", "plays"]) + f"{ROWS[0][0]},{ROWS[0][1]},777\n"
    assert counts_of(read(text, duplicates="last"))[ROWS[0][:2]] == 777
    assert counts_of(read(text, duplicates="sum"))[ROWS[0][:2]] == 777 + PLAYS[0]
    with pytest.raises(InputError, match="more than once"):
        read(text, duplicates="refuse")


def test_feedback_can_be_chosen_against_the_guess(read):
    text = table(["user", "item", "plays"], lambda n, u, i, r: (u, i, r))
    assert read(text).feedback == "implicit"
    dataset = read(text, feedback="explicit")
    assert (dataset.feedback, dataset.scale) == ("explicit", (1, 5))
    assert dataset.imported.details["duplicates"]["rule"] == "last"
    assert "count_scaling" not in dataset.imported.details
    rated = table(["user", "item", "rating"], lambda n, u, i, r: (u, i, r))
    assert counts_of(read(rated, feedback="implicit")) == {(u, i): float(r) for u, i, r in ROWS}
    assert counts_of(read(rated, feedback="implicit", rating=None)) == ONES


def test_the_scaling_of_counts_reaches_the_weights(read):
    text = plays(["user", "song", "plays"])
    for scaling, weight in {"binary": 1.0, "linear": max(PLAYS), "log": 1.0}.items():
        dataset = read(text, count_scaling=scaling)
        assert dataset.imported.details["count_scaling"] == scaling
        train = interactions_split(dataset.split(0)).train
        assert train.weights.min() == pytest.approx(1.0)
        if scaling != "log":
            assert train.weights.max() <= weight
    assert read(text).imported.options["count_scaling"] == "log"


def test_equal_ratings_are_refused_only_as_explicit_ratings(read):
    dataset = read(CASES["all-equal"][0])
    assert any("All ratings are 5" in said for said in dataset.imported.details["read"]["assumptions"])
    with pytest.raises(InputError, match="All ratings are equal"):
        read(CASES["all-equal"][0], feedback="explicit")


def test_a_wide_table_of_equal_ratings_is_implicit(read):
    lines = [",".join(["user", *ITEMS])]
    lines += [",".join([user, *("1" if item in CHOSEN[user] else "" for item in ITEMS)]) for user in USERS]
    assert counts_of(read("\n".join(lines) + "\n", shape="wide", user="user")) == ONES


ASKED = {
    "value-of-any-size": table(["user", "item", "value"], lambda n, u, i, r: (u, i, 37 * (n % 50) + 900)),
    "unnamed-whole-numbers": table(["user", "item", "x"], lambda n, u, i, r: (u, i, 500 + 37 * (n % 60))),
    "without-names": table(None, lambda n, u, i, r: (u, f"x{i.split()[1]}", 5000 + 61 * (n % 60))),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_may_be_ratings_or_counts_is_asked(read, name):
    with pytest.raises(UnsureError, match="may be ratings, or say how often") as caught:
        read(ASKED[name])
    assert [choice.options["feedback"] for choice in caught.value.choices] == ["implicit", "explicit"]
    for choice in caught.value.choices:
        assert read(ASKED[name], **choice.options).feedback == choice.options["feedback"]


SCALES = {
    "minus-ten-to-ten": (lambda n: (n % 41) / 2 - 10, (-10, 10)),
    "one-to-thousand": (lambda n: 1 + 37 * n % 1000, (1, 1000)),
    "percent": (lambda n: n % 101, (0, 100)),
    "zero-to-one": (lambda n: (n % 11) / 10, (0, 1)),
}


@pytest.mark.parametrize("name", SCALES)
def test_scales_of_any_size_stay_ratings(read, name):
    value, _ = SCALES[name]
    dataset = read(table(["user", "item", "rating"], lambda n, u, i, r: (u, i, value(n))))
    values = [value(n) for n in range(len(ROWS))]
    assert dataset.feedback == "explicit"
    assert dataset.scale == pytest.approx((min(values), max(values)))


TIMES = {
    "seconds": lambda when: int(when.timestamp()),
    "milliseconds": lambda when: int(when.timestamp() * 1e3),
    "microseconds": lambda when: int(when.timestamp() * 1e6),
    "iso": lambda when: when.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "iso-date": lambda when: when.strftime("%Y-%m-%d"),
    "us": lambda when: f"{when.month}/{when.day}/{when.year}",
    "day-first": lambda when: when.strftime("%d.%m.%Y"),
    "month-name": lambda when: when.strftime("%b %d, %Y"),
}


@pytest.mark.parametrize("name", TIMES)
def test_times_are_stored_in_seconds(read, name):
    dataset = read(table(["user", "item", "rating", "time"], lambda n, u, i, r: (u, i, r, TIMES[name](moment(n)))))
    assert dataset.ratings.times.tolist() == [moment(n).timestamp() for n in range(len(ROWS))]


HOSTILE = {
    "one-basket": ("a,b,c,d\n", {"shape": "baskets"}, "one user"),
    "one-item": ("u1,a\nu2,a\nu3,a\nu4,a\n", {"feedback": "implicit", "has_header": False}, "one item"),
    "all-negative": ("user,item,plays\na,x,-1\nb,y,-2\nc,x,-3\n", {}, "negative count"),
    "all-zero": ("user,item,plays\na,x,0\nb,y,0\nc,x,0\n", {}, "count of 0"),
    "all-nan": ("user,item,hours\na,x,NaN\nb,y,NaN\nc,x,nan\n", {"rating": "hours", "feedback": "implicit"}, "without a count"),
    "huge": ("user,item,plays\na,x,1e30\nb,y,1e300\nc,x,2e12\n", {}, "count above 1e.12"),
    "basket-options": ("a,b\nc,d,e\n" * 9, {"shape": "baskets", "item": "milk"}, "numbers, from 0"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_with_the_reason(read, name):
    text, options, reason = HOSTILE[name]
    with pytest.raises(InputError, match=reason):
        read(text, **options)


def test_damaged_counts_are_left_out_and_the_rest_is_read(read):
    bad = "u1,bad,NaN\nu1,bad,1e30\nu2,bad,-7\nu3,bad,0\nu4,bad,many\nu5,bad,inf\n"
    dataset = read(plays(["user", "item", "hours"]) + bad)
    assert counts_of(dataset) == COUNTS
    assert sum(each["count"] for each in dataset.imported.details["left_out"].values()) == 6


def test_a_hundred_thousand_events_of_few_pairs_are_summed(read):
    rows = pd.DataFrame({"n": range(120_000)})
    frame = pd.DataFrame({"user": "u" + (rows.n % 100).astype(str), "item": "i" + (rows.n % 37).astype(str)})
    dataset = read(frame.to_csv(index=False))
    expected = frame.value_counts().to_dict()
    assert counts_of(dataset) == expected
    assert dataset.imported.details["merged"]["events of a user and an item, counted together"][
        "count"
    ] == 120_000 - len(expected)


NOT_BASKETS = {
    "prose": "One sentence, with a comma, and more.\nAnother, one.\nA third, too, with more\n" * 9,
    "titles": "".join(f"Story {n}, part {n % 7}, by author {n * 7}{', again' * (n % 3)}\n" for n in range(40)),
    "numbers": "".join(",".join(f"{n * k / 7:.3f}" for k in range(n % 5 + 2)) + "\n" for n in range(40)),
    "types-of-lines": "".join(f"C,{n}\n" + "".join(f"V,{k},1\n" for k in range(n % 4 + 1)) for n in range(30)),
}


@pytest.mark.parametrize("name", NOT_BASKETS)
def test_other_lines_are_not_taken_for_baskets(tmp_path, name):
    path = tmp_path / "upload"
    path.write_text(NOT_BASKETS[name])
    assert sniff(path, Limits()).kind != Kind.RATINGS


def test_the_preview_of_baskets_shows_their_items(tmp_path):
    path = tmp_path / "upload"
    path.write_text(CASES["baskets-with-ids"][0])
    preview = preview_ratings(path)
    assert preview.column_names == ["basket", "items"]
    assert preview.rows[0] == [USERS[0], ", ".join(CHOSEN[USERS[0]])]
    assert preview.counts == {"ratings": len(ROWS), "users": len(USERS), "items": len(ITEMS)}
