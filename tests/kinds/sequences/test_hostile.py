"""Files that are wrong, odd or malicious: refused kindly, or read with what is left out counted."""

from __future__ import annotations

import pytest

from embedlab.core.errors import EmbedLabError, InputError, StorageError
from embedlab.kinds.sequences import SequencesDataset
from tests.kinds.sequences.files import imported, lists

HEADER = "user,item,time\n"


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        pytest.param(b"", {}, "empty", id="empty"),
        pytest.param(b"\x00\x01\x02" * 500, {}, "binary", id="binary"),
        pytest.param(HEADER, {"shape": "events"}, "not a table", id="header-only"),
        pytest.param(HEADER + "u,a,soon\nv,b,never\n", {"shape": "events"}, "without a readable time", id="no-time"),
        pytest.param("one\ntwo\n", {"shape": "events"}, "not a table", id="no-table"),
        pytest.param(HEADER + "u,a,1\n", {"shape": "events", "user": "who"}, "no such column", id="column"),
        pytest.param("a b\n", {"shape": "access-log"}, "no usable event", id="no-log"),
        pytest.param(">only a name\n", {"shape": "fasta"}, "no usable event", id="no-residues"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(tmp_path, content, options, message):
    with pytest.raises(InputError, match=f"(?i){message}"):
        imported(tmp_path, content, **options)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir() and any(path.iterdir())] == []


def test_unusable_rows_are_left_out_and_counted(tmp_path):
    rows = "u,a,1700000000\nu,b,nan\n,c,1700000001\nu,,1700000002\nu,d,1700000003\nu,d,1700000003\nu,e\n"
    dataset = imported(tmp_path, HEADER + rows, shape="events", user="user", item="item", time="time", delimiter=",")
    assert lists(dataset) == [["a", "d"]]
    details = dataset.imported.details
    assert {reason: each["count"] for reason, each in details["left_out"].items()} == {
        "events without a readable time": 1,
        "events without a user": 1,
        "events without an item": 1,
        "rows with too many or too few fields": 1,
    }
    assert {reason: each["count"] for reason, each in details["merged"].items()} == {
        "events with the user, item and time of another": 1
    }


def test_one_event_and_one_item_are_imported_with_a_warning(tmp_path):
    one = imported(tmp_path, "a\n", shape="lines", delimiter=" ")
    assert one.imported.counts == {"events": 1, "sequences": 1, "users": 1, "items": 1}
    assert any("nothing can be learned" in warning for warning in one.imported.warnings)
    same = imported(tmp_path, "a a a\na a\n" * 5, shape="lines", delimiter=" ")
    assert any("same item" in warning for warning in same.imported.warnings)
    # Both lines of events are repeats, which may be predicted.
    assert same.predicts_repeats


def test_markup_in_names_stays_text_and_other_encodings_are_read(tmp_path):
    content = '<script>alert(1)</script> **b** =1+1\nca\xf1\xf3n "\xe9\n'.encode("cp1252")
    dataset = imported(tmp_path, content, shape="lines", delimiter=" ")
    assert lists(dataset)[0] == ["<script>alert(1)</script>", "**b**", "=1+1"]
    assert lists(dataset)[1][0] == "cañón"


def test_times_of_one_column_can_be_numbers_of_steps(tmp_path):
    dataset = imported(tmp_path, "who,what,step\n" + "u,c,3\nu,a,1\nu,b,2\n", shape="events")
    assert lists(dataset) == [["a", "b", "c"]]


@pytest.mark.parametrize(
    ("file", "damage"),
    [
        pytest.param("starts.npy", b"", id="empty-starts"),
        pytest.param("items.npy", b"\x93NUMPY", id="cut-items"),
        pytest.param("items.parquet", b"PAR1", id="cut-table"),
        pytest.param("sequence_users.npy", None, id="no-users"),
    ],
)
def test_a_damaged_dataset_raises_a_storage_error(tmp_path, file, damage):
    folder = imported(tmp_path, "a b\nb c\n", shape="lines", delimiter=" ").folder
    (folder / file).unlink() if damage is None else (folder / file).write_bytes(damage)
    dataset = SequencesDataset.open(folder)
    with pytest.raises(StorageError):
        assert dataset.items is dataset.sequences is dataset.sequence_users
    with pytest.raises(EmbedLabError):
        SequencesDataset.open(tmp_path)
