"""Every shape of a file gives the sequences that it holds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from embedlab.kinds.sequences.shapes.fasta import kmers_of
from embedlab.kinds.sniffing import sniff
from embedlab.reading.limits import Limits
from tests.kinds.sequences.files import imported, lists

TYPED = 'I,4,"www","x"\nA,1,1,"Home, sweet","/h"\nA,2,1,"Shop","/s"\nC,"10",10\nV,1,1\nV,2,1\nC,"11",11\nV,2,1\n'
LOG = (
    '10.0.0.1 - - [17/May/2015:10:00:00 +0000] "GET /a?x=1 HTTP/1.1" 200 5 "-" "Firefox"\n'
    '10.0.0.2 - bob [17/May/2015:12:00:00 +0200] "GET /b HTTP/1.1" 200 5 "-" "Firefox"\n'
    '10.0.0.1 - - [17/May/2015:10:29:00 +0000] "GET /b HTTP/1.1" 304 - "-" "Firefox"\n'
    '10.0.0.1 - - [17/May/2015:10:59:01 +0000] "GET /c HTTP/1.1" 200 5 "-" "Firefox"\n'
    '10.0.0.1 - - [17/May/2015:10:59:02 +0000] "GET /c HTTP/1.1" 200 5 "-" "Firefox"\n'
    '10.0.0.1 - - [17/May/2015:10:59:03 +0000] "GET /x.PNG HTTP/1.1" 200 5 "-" "Firefox"\n'
    '10.0.0.1 - - [17/May/2015:10:59:04 +0000] "GET /gone HTTP/1.1" 404 5 "-" "Firefox"\n'
    '10.0.0.1 - - [17/May/2015:10:59:05 +0000] "POST /d HTTP/1.1" 200 5 "-" "Firefox"\n'
    '10.0.0.3 - - [17/May/2015:10:59:05 +0000] "GET /d HTTP/1.1" 200 5 "-" "Googlebot/2.1"\n'
)


def test_typed_lines_have_titles_and_a_user_for_each_case(tmp_path):
    dataset = imported(tmp_path, TYPED)
    assert dataset.imported.counts == {"events": 3, "sequences": 2, "users": 2, "items": 2}
    assert lists(dataset) == [["1", "2"], ["2"]]
    assert dict(zip(dataset.items["key"], dataset.items["label"], strict=True)) == {"1": "Home, sweet", "2": "Shop"}


def test_the_users_of_msweb_are_counted(real_data, tmp_path):
    dataset = imported(tmp_path, real_data("msweb/anonymous-msweb.data").read_bytes())
    assert dataset.imported.counts == {"events": 98_654, "sequences": 32_711, "users": 32_711, "items": 285}
    assert dataset.imported.details["n_titles"] == 285
    order = dataset.imported.details["order"]
    assert order["transitions"] > order["cooccurrence"] + 0.04
    assert order["sentence"].startswith("Order matters.")


def test_an_access_log_is_cut_into_visits_without_assets_failures_and_bots(tmp_path):
    dataset = imported(tmp_path, LOG)
    # 29 minutes are no pause, 30 minutes and a second are one; /c is reloaded.
    assert sorted(lists(dataset)) == [["/a", "/b"], ["/b"], ["/c"]]
    assert dataset.imported.counts["users"] == 2
    left_out = {reason: each["count"] for reason, each in dataset.imported.details["left_out"].items()}
    assert left_out == {
        "requests of images, styles and scripts": 1,
        "requests that failed or are not GET": 2,
        "requests of bots": 1,
    }
    # A zone east of Greenwich is ahead of UTC.
    row = dataset.users["key"].tolist().index("10.0.0.2 Firefox")
    sequence = dataset.sequence_users.tolist().index(row)
    assert dataset.times is not None
    assert dataset.times[dataset.sequences.starts[sequence]] == pd.Timestamp("2015-05-17 10:00", tz="UTC").timestamp()


def test_what_an_access_log_leaves_out_can_be_kept(tmp_path):
    dataset = imported(tmp_path, LOG, assets=True, failures=True, bots=True, pause_minutes=0, repeats="keep")
    assert dataset.imported.counts["events"] == 9
    assert ["/a", "/b", "/c", "/c", "/x.PNG", "/gone", "/d"] in lists(dataset)


def test_fasta_becomes_overlapping_kmers_across_lines(tmp_path):
    dataset = imported(tmp_path, ">one first\nATGC\nAAa\n>one again\nATNGC\n", kmer=3)
    assert lists(dataset) == [["ATG", "TGC", "GCA", "CAA", "AAA"]]
    assert dataset.imported.details["left_out"]["k-mers with a gap or an unknown residue"]["count"] == 3
    assert kmers_of("ATGCA", 3) == ["ATG", "TGC", "GCA"]
    # N is asparagine in a protein.
    assert ["MKN", "KNV"] in lists(imported(tmp_path, ">p\nMKNV\n>q\nLLEW\n"))


def test_a_table_is_ordered_by_time_whatever_the_order_of_its_rows(tmp_path):
    rows = ["ann,b,2024-05-01 10:05", "bob,c,2024-05-01 09:00", "ann,a,2024-05-01 10:00", "ann,d,2024-05-01 11:00"]
    dataset = imported(tmp_path, "customer,product,time\n" + "\n".join(rows) + "\n", pause_minutes=30)
    assert lists(dataset) == [["a", "b"], ["d"], ["c"]]
    assert dataset.imported.options["user"] == "customer"
    unsplit = imported(tmp_path, "customer,product,time\n" + "\n".join(rows) + "\n")
    assert lists(unsplit) == [["a", "b", "d"], ["c"]]


@pytest.mark.parametrize("name", ["parquet", "jsonl"])
def test_tables_of_other_formats_are_read_too(tmp_path, name):
    table = pd.DataFrame({"session": ["s1", "s1", "s2"], "page": ["x", "y", "x"], "title": ["X", "Y", "X"]})
    path = tmp_path / "table"
    table.to_parquet(path) if name == "parquet" else table.to_json(path, orient="records", lines=True)
    dataset = imported(tmp_path, path.read_bytes())
    assert lists(dataset) == [["x", "y"], ["x"]]
    assert dataset.items["label"].tolist() == ["X", "Y"]


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        pytest.param("a b c\n\nb  c\n", {"shape": "lines"}, [["a", "b", "c"], ["b", "c"]], id="spaces"),
        pytest.param("a\tb b\nc\td\n", {"shape": "lines"}, [["a", "b b"], ["c", "d"]], id="tabs"),
        pytest.param("milk,bread,milk\negg\n", {"shape": "baskets"}, [["milk", "bread"], ["egg"]], id="baskets"),
        pytest.param('"a, b",c\n', {"shape": "baskets"}, [["a, b", "c"]], id="quoted"),
        pytest.param("k1;a;b\nk2;a\n", {"shape": "lines", "key_first": True}, [["a", "b"], ["a"]], id="key"),
    ],
)
def test_lines_are_sequences_or_sets(tmp_path, content, options, expected):
    assert lists(imported(tmp_path, content, **options)) == expected


def test_only_files_with_marks_of_their_own_are_recognized(tmp_path):
    found = {}
    for name, content in {
        "typed": TYPED,
        "log": LOG,
        "fasta": ">a\nACGT\n>b\nGGTT\n",
        "ratings": "user,item,rating\n" + "u,i,3\nu,j,4\nv,i,5\n" * 5,
        "baskets": "milk,bread\nmilk,egg,bread\negg\nbread,egg,milk,rice\nmilk,rice\nrice,egg\n" * 3,
        "text": "the cat sat\nthe dog ran to the park\n" * 5,
        "quotes": "> as he said\nyes\n> no, she said\n",
    }.items():
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        found[name] = str(sniff(path, Limits()).kind)
    assert {name for name, kind in found.items() if kind == "sequences"} == {"typed", "log", "fasta"}, found


def test_times_are_read_in_seconds_whatever_their_form():
    from embedlab.kinds.sequences.times import are_day_first, seconds_of

    cells = ["2024-03-04T00:00:00Z", "1709510400", "1709510400000", "3/4/2024", "", "nan", "soon"]
    seconds = seconds_of(cells, day_first=False)
    np.testing.assert_array_equal(seconds[:4], [1_709_510_400.0] * 4)
    assert np.isnan(seconds[4:]).all()
    assert seconds_of(["3/4/2024"], day_first=True)[0] == pd.Timestamp("2024-04-03").timestamp()
    assert are_day_first(["25/12/2020"])
    assert not are_day_first(["12/25/2020", "2020-12-25"])
