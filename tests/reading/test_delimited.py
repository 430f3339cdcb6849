from __future__ import annotations

import gzip
import json

import pandas as pd
import pytest

from embedlab.core.errors import InputError, NotFoundError, TooLargeError
from embedlab.reading.delimited import TableFormat, open_table, read_head
from embedlab.reading.layouts import Layout
from embedlab.reading.sources import Limits
from embedlab.reading.table_columns import column_names, renamed_columns, resolve_column

LIMITS = Limits()
JSONL = TableFormat(Layout.JSONL)
PARQUET = TableFormat(Layout.PARQUET)


@pytest.fixture
def put(tmp_path):
    def write(data):
        path = tmp_path / "table"
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def rows(path, table_format, columns, limits=LIMITS):
    with open_table(path, table_format, columns, limits) as table:
        found = [row for batch in table.batches() for row in zip(*batch.to_pydict().values(), strict=True)]
    return found, table


def test_columns_by_name_and_number_in_the_order_asked_for(put):
    path = put("user,item,rating\nu1,i1,4.5\nu2,i2,3\n")
    found, table = rows(path, TableFormat(), ["rating", 0, "1"])
    assert found == [("4.5", "u1", "i1"), ("3", "u2", "i2")]
    assert table.column_names == ["user", "item", "rating"]


def test_same_column_twice(put):
    assert rows(put("a,b\n1,2\n"), TableFormat(), ["b", "b"])[0] == [("2", "2")]


def test_cells_stay_as_they_are_written(put):
    found, _ = rows(put("k,v\n007,NaN\nNULL,\n"), TableFormat(), [0, 1])
    assert found == [("007", "NaN"), ("NULL", "")]


def test_quoted_header_and_cells_with_line_breaks(put):
    found, table = rows(put('"a\nb","c"\n"x, ""y""\nz",2\n'), TableFormat(), [0])
    assert found == [('x, "y"\nz',)]
    assert table.column_names == ["a\nb", "c"]


def test_stray_quotes_swallow_no_lines_without_quoting(put):
    path = put('ham\t"open\nspam\tnext\nham\tclosed"\n')
    found, _ = rows(path, TableFormat(delimiter="\t", has_header=False, quoting=False), [1])
    assert found == [('"open',), ("next",), ('closed"',)]


def test_stray_quote_with_quoting_is_told_and_not_swallowed_for_ever(put):
    path = put('a,b\n1,"open\n' + "2,x\n" * 2_500_000)
    with pytest.raises(InputError, match="quot"):
        rows(path, TableFormat(), [0, 1])


@pytest.mark.parametrize("separator", ["::", pytest.param("§", id="section-sign"), "||"])
def test_long_separators(put, separator):
    path = put(separator.join(["1", "Star Wars: Episode", "x:y"]) + "\n")
    found, _ = rows(path, TableFormat(delimiter=separator, has_header=False, quoting=False), [1, 2])
    assert found == [("Star Wars: Episode", "x:y")]
    assert read_head(path, TableFormat(delimiter=separator, has_header=False), LIMITS)[1][0][1] == "Star Wars: Episode"


def test_rows_of_other_length_are_left_out_counted_and_shown(put):
    found, table = rows(put("a,b\n1,2\n1,2,3\n4\n5,6\n"), TableFormat(), [0, 1])
    assert found == [("1", "2"), ("5", "6")]
    assert table.n_bad_rows == 2
    assert table.bad_row_examples == ["1,2,3", "4"]


def test_encodings_and_archives(put):
    path = put(gzip.compress("a;b\nKöln;München\n".encode("utf-16")))
    found, table = rows(path, TableFormat(encoding="utf-16", delimiter=";"), ["a", "b"])
    assert found == [("Köln", "München")]
    assert table.share_read == 1


def test_repaired_characters_are_counted(put):
    found, table = rows(put(b"a,b\ncaf\xe9,1\n"), TableFormat(), [0])
    assert found == [("café",)]
    assert table.n_repaired == 1


def test_missing_column_lists_those_there_are(put):
    with pytest.raises(NotFoundError, match=r"no such column.*body.*title, text"):
        rows(put("title,text\na,b\n"), TableFormat(), ["body"])


def test_resolving_columns():
    assert resolve_column(["2", "x"], "2") == 0
    assert resolve_column(["a", "b"], 1) == 1
    for wrong in (2, -1, "-1", "", "1.0", "9" * 5000, "²"):
        with pytest.raises(NotFoundError):
            resolve_column(["a", "b"], wrong)


def test_empty_and_repeated_names_become_different_ones_and_a_sentence_says_so():
    given = ["", " a ", "a", "b", "a", ""]
    names = ["column 1", "a", "a (2)", "b", "a (3)", "column 6"]
    assert column_names(given) == names
    assert renamed_columns(given, names) == (
        "Of the columns, 2 have no name and 2 repeat a name: now called column 1, a (2), a (3), column 6."
    )
    assert renamed_columns(["a", "b"], ["a", "b"]) == ""


def test_five_thousand_columns(put):
    path = put(",".join(map(str, range(5000))) + "\n")
    with pytest.raises(InputError, match=r"1,000 columns.*5,000"):
        rows(path, TableFormat(), [0])


def test_nul_characters_are_refused(put):
    with pytest.raises(InputError, match="NUL"):
        rows(put(b"a,b\n1,\x002\n"), TableFormat(), [0])


def test_nul_characters_behind_the_head_are_refused(put):
    with pytest.raises(InputError, match="NUL"):
        rows(put(b"a,b\n" + b"1,2\n" * 3_000_000 + b"1,\x002\n"), TableFormat(), [0])


def test_bound_is_heard_through_the_parser(put):
    path = put(gzip.compress(b"a,b\n" + b"1,2\n" * 3_000_000))
    with pytest.raises(TooLargeError):
        rows(path, TableFormat(), [0], Limits(max_unpacked_bytes=8_000_000))


def test_line_without_end_is_refused(put):
    with pytest.raises(InputError, match="longer than 4 MB"):
        read_head(put(b"a," * 3_000_000), TableFormat(), LIMITS)


def test_header_alone_gives_no_rows(put):
    assert rows(put("a,b\n"), TableFormat(), [0])[0] == []


def test_json_lines(put):
    records = [{"t": "Grüße", "n": 3}, {"n": None, "t": ["a", {"b": 1}]}, {"t": True}]
    path = put("\n\n".join(json.dumps(record) for record in records) + "\nnot json\n[1]\n")
    found, table = rows(path, JSONL, ["t", "n"])
    assert found == [("Grüße", "3"), ('["a", {"b": 1}]', ""), ("true", "")]
    assert table.n_bad_rows == 2
    assert table.bad_row_examples[0].startswith("not json")


def test_json_of_hostile_depth_and_lone_surrogates(put):
    found, table = rows(put('{"t": "\\ud800x"}\n' + '{"t":' * 100_000 + "\n"), JSONL, ["t"])
    assert found == [("?x",)]
    assert table.n_bad_rows == 1


def test_json_lines_without_objects(put):
    with pytest.raises(InputError, match="No line"):
        read_head(put("[1, 2]\n"), JSONL, LIMITS)


def test_parquet_of_all_types(tmp_path):
    path = tmp_path / "table"
    frame = pd.DataFrame(
        {"text": ["a", None], "n": [1, 2], "x": [0.5, None], "c": pd.Categorical(["p", "q"]), "l": [[1], [2, 3]]}
    )
    frame.to_parquet(path)
    found, table = rows(path, PARQUET, ["l", "c", "x", "n", "text"])
    assert found == [("[1]", "p", "0.5", "1", "a"), ("[2, 3]", "q", "", "2", "")]
    assert table.column_names == list(frame.columns)
    assert read_head(path, PARQUET, LIMITS, 1) == (list(frame.columns), [["a", "1", "0.5", "p", "[1]"]])


def test_parquet_that_unpacks_to_too_much(tmp_path):
    path = tmp_path / "table"
    pd.DataFrame({"t": [f"{'long word ' * 100} {i}" for i in range(1000)]}).to_parquet(path)
    with pytest.raises(TooLargeError):
        rows(path, PARQUET, ["t"], Limits(max_unpacked_bytes=100_000))


def test_real_ratings_are_all_read(real_data):
    found, table = rows(real_data("ml-latest-small/ratings.csv"), TableFormat(), ["userId", "rating"])
    assert len(found) == 100_836
    assert len({user for user, _ in found}) == 610
    assert table.n_bad_rows == 0
