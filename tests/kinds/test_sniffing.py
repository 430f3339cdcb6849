from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import gensim
import numpy as np
import pandas as pd
import pytest
from gensim.models import KeyedVectors

from embedlab.core.errors import InputError
from embedlab.core.kind import Kind
from embedlab.kinds.sequences.dataset import SEQUENCES
from embedlab.kinds.sniffing import Layout, sniff
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits

LIMITS = Limits()
GENSIM_DATA = Path(gensim.__file__).parent / "test" / "test_data"
RATINGS = [(i % 9 + 1, i * 7 % 50, i % 5 + 1, 881_250_949 + i) for i in range(200)]


@pytest.fixture
def sniffed(tmp_path):
    def write(data):
        # The name is always the same: only the content can tell.
        path = tmp_path / "file.bin"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return sniff(path, LIMITS)

    return write


def roles(guess):
    return {column.role: column.name for column in guess.columns if column.role}


def table(separator, rows, header=""):
    return header + "".join(separator.join(map(str, row)) + "\n" for row in rows)


@pytest.mark.parametrize("separator", [pytest.param("\t", id="tab"), "::", ",", ";", "|"])
def test_ratings_without_header(sniffed, separator):
    guess = sniffed(table(separator, RATINGS))
    assert (guess.kind, guess.layout, guess.delimiter) == (Kind.RATINGS, Layout.DELIMITED, separator)
    assert not guess.has_header
    assert roles(guess) == {"user": "0", "item": "1", "rating": "2", "time": "3"}


def test_ratings_by_name_in_any_order(sniffed):
    guess = sniffed(table(",", [(t, r, u, f"B{i}") for u, i, r, t in RATINGS], "timestamp,overall,reviewerID,asin\n"))
    assert guess.kind == Kind.RATINGS
    assert guess.has_header
    assert roles(guess) == {"user": "reviewerID", "item": "asin", "rating": "overall", "time": "timestamp"}


def test_semicolons_with_quotes_in_latin1(sniffed):
    rows = [(f'"{u}"', f'"034545104X{i}"', f'"{r}"', '"Köln"') for u, i, r, _ in RATINGS]
    guess = sniffed(table(";", rows, '"User-ID";"ISBN";"Book-Rating";"Ort"\n').encode("latin-1"))
    assert (guess.kind, guess.delimiter, guess.encoding) == (Kind.RATINGS, ";", "cp1252")
    assert guess.quoting
    assert guess.has_header
    assert roles(guess) == {"user": "User-ID", "item": "ISBN", "rating": "Book-Rating"}


def test_one_rating_is_still_a_table(sniffed):
    assert sniffed("1\t2\t3.5\n").kind == Kind.RATINGS
    assert sniffed("user,item,rating\n1,2,3\n").kind == Kind.RATINGS


def test_stray_quotes_are_text(sniffed):
    lines = ['ham\tHe said "hi" and went', 'spam\t"WIN" a prize, now', 'ham\t"never closed', "ham\tok lar"] * 30
    guess = sniffed("\n".join(lines) + "\n")
    assert (guess.kind, guess.delimiter, guess.quoting, guess.has_header) == (Kind.TEXT, "\t", False, False)
    assert roles(guess) == {"label": "0", "text": "1"}


def test_quotes_that_swallow_rows_do_not_enclose_fields(sniffed):
    lines = ['ham\t"left open', "ham\tbetween one", "spam\tbetween two", 'ham\tclosed here"', "ham\tplain"] * 30
    guess = sniffed("\n".join(lines) + "\n")
    assert not guess.quoting


def test_quoted_fields_with_line_breaks_and_separators(sniffed):
    rows = "".join(f'{i},"First line, {i}\nsecond line, with ""quotes"""\n' for i in range(50))
    guess = sniffed("id,body\n" + rows)
    assert (guess.delimiter, guess.quoting, guess.has_header) == (",", True, True)
    assert [column.name for column in guess.columns] == ["id", "body"]


def test_quoted_record_cut_by_the_end_of_the_head(sniffed):
    guess = sniffed("id,text\n" + "".join(f'{i},"{"many words, " * 2000}"\n' for i in range(30)))
    assert (guess.layout, guess.quoting) == (Layout.DELIMITED, True)


def test_header_over_text_of_dense_letters(sniffed):
    texts = ["妈妈在市场买了三斤苹果", "动物园里的老虎正在睡觉", "我明天坐高铁去北京出差"]
    rows = [f"{text},{'水果' if number % 3 == 0 else '其他'}" for number, text in enumerate(texts * 10)]
    guess = sniffed("\n".join(["正文,类别", *rows]))
    assert guess.has_header
    assert [column.name for column in guess.columns] == ["正文", "类别"]
    assert not sniffed("\n".join(rows)).has_header


def test_header_of_words_over_text_alone(sniffed):
    guess = sniffed(
        "headline\tblurb\n" + "".join(f"Story {i}\tA long sentence about the story {i}\n" for i in range(9))
    )
    assert guess.has_header
    assert roles(guess)["text"] == "blurb"


def test_films_with_double_colons_in_latin1(sniffed):
    rows = [(i, f"Fabuleux destin d'Amélie Poulain, Le {i} (2001)", "Comedy|Romance") for i in range(1, 100)]
    guess = sniffed(table("::", rows).encode("latin-1"))
    assert (guess.delimiter, guess.encoding, guess.has_header) == ("::", "cp1252", False)
    assert len(guess.columns) == 3


def test_json_lines(sniffed):
    guess = sniffed('{"text": "one two three", "label": "a"}\n{"label": "b", "text": "four five", "n": 3}\n' * 9)
    assert (guess.kind, guess.layout) == (Kind.TEXT, Layout.JSONL)
    assert roles(guess) == {"text": "text", "label": "label"}


def test_json_lines_of_ratings(sniffed):
    assert sniffed('{"user": "u1", "item": "i1", "rating": 4}\n' * 3).kind == Kind.RATINGS


def test_parquet(tmp_path):
    path = tmp_path / "x"
    pd.DataFrame(RATINGS, columns=["userId", "movieId", "rating", "time"]).to_parquet(path)
    guess = sniff(path, LIMITS)
    assert (guess.kind, guess.layout) == (Kind.RATINGS, Layout.PARQUET)
    assert roles(guess) == {"user": "userId", "item": "movieId", "rating": "rating", "time": "time"}
    packed = tmp_path / "y"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert sniff(packed, LIMITS) == guess


def test_damaged_parquet(sniffed):
    with pytest.raises(InputError, match="cannot be read"):
        sniffed(b"PAR1" + bytes(100) + b"PAR1")


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("One sentence, with a comma.\nAnother one, with a comma.\nA third, too\n" * 5, Layout.LINES),
        ("A wrapped\nparagraph.\n\nAnother,\nwrapped too.\n\n" * 5, Layout.PARAGRAPHS),
        ("# Title\n\nWords, words.\n\n- item\n", Layout.PARAGRAPHS),
        ("just words " * 100, Layout.DOCUMENT),
        ("word", Layout.DOCUMENT),
        ("Hello, world", Layout.DOCUMENT),
        ("Note: one\nNote: two\nRatio 3:4 | more\nplain line here\n", Layout.LINES),
    ],
    ids=["sentences", "wrapped", "markdown", "one-line", "one-word", "two-words", "notes"],
)
def test_prose_is_no_table(sniffed, text, layout):
    guess = sniffed(text)
    assert (guess.kind, guess.layout) == (Kind.TEXT, layout)


def test_word2vec_both_ways_and_glove(tmp_path):
    vectors = KeyedVectors(5)
    vectors.add_vectors([f"word{i}" for i in range(40)], np.random.default_rng(0).normal(size=(40, 5)))
    text, binary, glove = (tmp_path / name for name in ("a.csv", "b.txt", "c.md"))
    vectors.save_word2vec_format(str(text))
    vectors.save_word2vec_format(str(binary), binary=True)
    vectors.save_word2vec_format(str(glove), write_header=False)
    layouts = [sniff(path, LIMITS) for path in (text, binary, glove)]
    assert {guess.kind for guess in layouts} == {Kind.VECTORS}
    assert [guess.layout for guess in layouts] == [Layout.WORD2VEC_TEXT, Layout.WORD2VEC_BINARY, Layout.GLOVE_TEXT]


def test_projector_vectors_are_no_ratings(sniffed):
    rows = np.random.default_rng(0).normal(size=(30, 4)).round(4).tolist()
    guess = sniffed(table("\t", rows))
    assert (guess.kind, guess.layout) == (Kind.VECTORS, Layout.PROJECTOR_TSV)


def test_unequal_or_nan_vectors_are_still_vectors(sniffed):
    assert sniffed("3 2\na 0.1 0.2\nb 0.3\nc nan 0.5\nd 0.1 0.2\ne 0.1 0.2\n").layout == Layout.WORD2VEC_TEXT
    assert sniffed("a 0.1 0.2\nb 0.3 nan\nc 0.1 0.2\nd 0.1 0.2\ne 0.1\n").layout == Layout.GLOVE_TEXT


def test_largest_member_of_a_zip_is_sniffed(tmp_path):
    path = tmp_path / "a"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("README.txt", "Read me.")
        archive.writestr("ratings.csv", table(",", RATINGS, "userId,movieId,rating,timestamp\n"))
    guess = sniff(path, LIMITS)
    assert (guess.kind, guess.member) == (Kind.RATINGS, "ratings.csv")
    assert sniff(path, LIMITS, "README.txt").kind == Kind.TEXT


def test_utf16_table(sniffed):
    guess = sniffed(table(",", RATINGS, "userId,movieId,rating,timestamp\n").encode("utf-16"))
    assert (guess.kind, guess.encoding) == (Kind.RATINGS, "utf-16")


@pytest.mark.parametrize("data", [b"", b"\n\n  \n", b"\xef\xbb\xbf"], ids=["empty", "blank-lines", "byte-order-mark"])
def test_nothing_in_the_file(sniffed, data):
    with pytest.raises(InputError, match="file is empty"):
        sniffed(data)


def test_binary_data(sniffed):
    with pytest.raises(InputError, match="binary data"):
        sniffed(bytes(range(256)) * 20)


def test_five_thousand_columns(sniffed):
    with pytest.raises(InputError, match=r"more than 1,000 columns.*5,000"):
        sniffed(table(",", [range(5000)] * 3))


def test_an_id_of_ten_thousand_characters_is_fine(sniffed):
    assert (
        sniffed(table("\t", [("u" * 10_000, "i", 3)] + [(f"u{i}", "i", i % 5) for i in range(20)])).kind == Kind.RATINGS
    )


@pytest.mark.parametrize(
    ("name", "kind", "layout", "delimiter", "has_header"),
    [
        ("sms-spam/SMSSpamCollection", Kind.TEXT, Layout.DELIMITED, "\t", False),
        ("ml-latest-small/ratings.csv", Kind.RATINGS, Layout.DELIMITED, ",", True),
        ("ml-latest-small/movies.csv", "pairs", Layout.DELIMITED, ",", True),
        ("ml-latest-small/tags.csv", Kind.TEXT, Layout.DELIMITED, ",", True),
        ("enwiki-100mb/plain_12MB.txt", Kind.TEXT, Layout.LINES, None, False),
        ("enwiki-100mb/text8style_100MB.txt.xz", Kind.TEXT, Layout.DOCUMENT, None, False),
        ("googlenews-8000/googlenews_8000x300.w2v.bin", Kind.VECTORS, Layout.WORD2VEC_BINARY, " ", True),
        ("kc-house/kc_house_data.csv", "table", Layout.DELIMITED, ",", True),
        ("airbnb-boston/listings.csv", Kind.TEXT, Layout.DELIMITED, ",", True),
        ("msweb/anonymous-msweb.data", SEQUENCES, Layout.LINES, None, False),
        ("weblogs/apache_access.log", SEQUENCES, Layout.LINES, None, False),
    ],
    ids=[
        "SMSSpamCollection",
        "ratings.csv",
        "movies.csv",
        "tags.csv",
        "plain_12MB.txt",
        "text8style_100MB.txt.xz",
        "googlenews_8000x300.w2v.bin",
        "kc_house_data.csv",
        "listings.csv",
        "anonymous-msweb.data",
        "apache_access.log",
    ],
)
def test_real_files(real_data, name, kind, layout, delimiter, has_header):
    guess = sniff(real_data(name), LIMITS)
    assert (guess.kind, guess.layout, guess.delimiter, guess.has_header) == (kind, layout, delimiter, has_header)


def test_columns_of_real_files(real_data):
    sms = sniff(real_data("sms-spam/SMSSpamCollection"), LIMITS)
    assert not sms.quoting
    assert roles(sms) == {"label": "0", "text": "1"}
    assert roles(sniff(real_data("airbnb-boston/listings.csv"), LIMITS))["text"] == "description"
    assert roles(sniff(real_data("ml-latest-small/movies.csv"), LIMITS)) == {"left": "title", "right": "genres"}


@pytest.mark.parametrize(
    ("header", "names"),
    [
        pytest.param("price,price,rooms", ["price", "price (2)", "rooms"], id="repeated"),
        pytest.param(",price,price", ["column 1", "price", "price (2)"], id="empty-and-repeated"),
        pytest.param(",,price", ["column 1", "column 2", "price"], id="one-name"),
        pytest.param("a,,", ["a", "column 2", "column 3"], id="first-name"),
    ],
)
def test_a_header_with_empty_or_repeated_names_is_no_row(tmp_path, header, names):
    path = tmp_path / "file.csv"
    path.write_text(header + "\n" + "".join(f"{row % 7 + 0.5},{row * 3.25},{row % 4}\n" for row in range(30)))
    table = OpenedUpload(path, LIMITS).table
    if header == "a,,":
        # Like the title of a sheet: it may be one.
        assert not table.table_format.has_header
        return
    assert (table.table_format.has_header, table.names, len(table.rows)) == (True, names, 30)
    assert table.renamed in table.reasons
    assert table.renamed.startswith("Of the columns, ")


def test_repeated_values_in_the_first_row_are_data(tmp_path):
    path = tmp_path / "file.csv"
    for rows in (["yes,yes,long enough a text to look like prose here"] * 20, ["NA,NA,x", *["1,2,y"] * 20]):
        path.write_text("\n".join(rows) + "\n")
        assert not OpenedUpload(path, LIMITS).table.table_format.has_header


@pytest.mark.parametrize(
    "text",
    ["movieId,title,genres\n", "user;item;rating\n\n", "name\tage group\n", "left|right"],
    ids=["commas", "semicolons", "tabs", "bars"],
)
def test_a_header_without_rows_is_refused_kindly(sniffed, text):
    with pytest.raises(InputError, match=r"header, but no rows.*names of"):
        sniffed(text)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hello, world\n", Kind.TEXT),
        ("one two three\n", Kind.TEXT),
        ("user,item,rating\n1,2,3\n", Kind.RATINGS),
    ],
    ids=["sentence", "words", "one-row"],
)
def test_other_single_lines_are_no_header(sniffed, text, kind):
    assert sniffed(text).kind == kind


def pixels(names, n_rows=60):
    rng = np.random.default_rng(0)
    header = ",".join([*names, "target"]) + "\n"
    rows = [[*rng.integers(0, 17, len(names)), row % 10] for row in range(n_rows)]
    return table(",", rows, header)


@pytest.mark.parametrize(
    "name", ["pixel_{0}_{1}", "px{0}{1}", "{0}x{1}", "band {0}{1}"], ids=["pixel", "px", "grid", "band"]
)
def test_tables_of_pixels_are_no_ratings(sniffed, name):
    assert sniffed(pixels([name.format(row, column) for row in range(8) for column in range(8)])).kind == "table"


@pytest.mark.parametrize("index", [False, True], ids=["no-index", "index"])
def test_columns_that_pandas_numbers_are_a_table(sniffed, index):
    frame = pd.DataFrame(np.random.default_rng(0).integers(0, 17, (60, 64)))
    guess = sniffed(frame.assign(target=[row % 10 for row in range(60)]).to_csv(index=index))
    assert (guess.kind, guess.has_header) == ("table", True)


def test_many_columns_of_numbers_without_names_are_a_table_unless_they_are_a_usual_scale(sniffed):
    rng = np.random.default_rng(0)
    assert sniffed(table(",", rng.integers(0, 17, (60, 64)).tolist())).kind == "table"
    assert sniffed(table(",", rng.integers(0, 6, (60, 64)).tolist())).kind == Kind.RATINGS
    assert sniffed(table(",", [list(range(row, row + 9)) for row in range(50)])).kind == "table"
    assert not sniffed(table(",", [list(range(row, row + 9)) for row in range(50)])).has_header


def test_a_wide_table_of_items_is_still_ratings(sniffed):
    assert sniffed(pixels([f"film {number}" for number in range(64)])).kind == Kind.RATINGS


@pytest.mark.parametrize(
    ("name", "layout"),
    [
        ("lee_background.cor", Layout.LINES),
        ("test_glove.txt", Layout.GLOVE_TEXT),
        ("word2vec_pre_kv_c", Layout.WORD2VEC_TEXT),
        ("euclidean_vectors.bin", Layout.WORD2VEC_BINARY),
        ("high_precision.kv.bin", Layout.WORD2VEC_BINARY),
    ],
)
def test_files_gensim_ships(name, layout):
    assert sniff(GENSIM_DATA / name, LIMITS).layout == layout


_SCRAPED = "listing_url,host_id,last_scraped,city,rooms,price\n" + "".join(
    f"https://homes.test/rooms/{3781 + 37 * row},{1000 + 13 * row},2024-09-1{row % 5},{['Lyon', 'Oslo'][row % 2]},"
    f"{1 + row % 4},${80 + row}.00\n"
    for row in range(40)
)
_CUSTOMERS = "city,plan,age,visits,note,segment\n" + "".join(
    f"{['Lyon', 'Oslo'][row % 2]},monthly,{20 + row},{row % 7},likes the low price {['soon', 'today'][row % 2]},"
    f"{['free', 'pro', 'team'][row % 3]}\n"
    for row in range(40)
)
_REVIEWS = "date,stars,votes,shop,review\n" + "".join(
    f"2024-09-1{row % 5},{row % 5},{row},shop {row % 3},a kind seller and a fast delivery number {row}\n"
    for row in range(40)
)


def _rows(header: str, *columns: list[object]) -> str:
    """Return a table of 60 rows whose columns repeat their values."""
    lines = (",".join(str(values[row % len(values)]) for values in columns) for row in range(60))
    return f"{header}\n" + "".join(f"{line}\n" for line in lines)


_BRANDS = ["opel", "audi", "fiat"]
_CARS = _rows("brand,model,fuel,price", _BRANDS, [f"m{n}" for n in range(23)], ["gas", "diesel"], [*range(900, 947)])
_SKUS = _rows("sku,shop,price", [f"s{n}" for n in range(60)], ["north", "south"], [n + 0.5 for n in range(41)])
_ROOMS = _rows("quarter,room,price", ["South End", "Back Bay"], ["Entire home", "Private room"], [*range(40, 83)])
_MUSHROOMS = _rows("cap,gill,odor,ring", ["x", "b", "f"], ["k", "n"], ["a", "l", "c", "y"], ["p", "e", "n"])
_SHORT_TEXTS = _rows("id,phrase,mood", [*range(60)], [f"so {n} good" for n in range(60)], ["glad", "sad"])
_CHINESE = _rows("number,words,mood", [*range(60)], [f"我很喜欢这部电影{n}" for n in range(60)], ["glad", "sad"])
_NAMED_TEXTS = _rows("shop,text,mood", ["north", "south", "east"], [f"good{n}" for n in range(60)], ["glad", "sad"])
_WORDS = _rows("word,mood", [f"w{n}" for n in range(60)], ["glad", "sad"])


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        pytest.param(_CARS, "table", id="one-number"),
        pytest.param(_SKUS, "table", id="three-columns"),
        pytest.param(_ROOMS, "table", id="names-of-two-words"),
        pytest.param(_MUSHROOMS, "table", id="categories-alone"),
        pytest.param(_SHORT_TEXTS, "text", id="short-texts"),
        pytest.param(_CHINESE, "text", id="without-spaces"),
        pytest.param(_NAMED_TEXTS, "text", id="named-text"),
        pytest.param(_WORDS, "text", id="words-with-labels"),
        pytest.param(_SCRAPED, "table", id="urls-ids-dates-prices"),
        pytest.param(_CUSTOMERS, "table", id="phrases-that-repeat"),
        pytest.param(_REVIEWS, "text", id="reviews"),
    ],
)
def test_a_table_of_categories_dates_and_prices_is_no_text(sniffed, content, kind):
    assert sniffed(content).kind == kind
