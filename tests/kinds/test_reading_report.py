"""What an import says of what it assumed and changed."""

from __future__ import annotations

import json

from embedlab.kinds.reading_report import MOST_EXAMPLES, Changes, ReadAs, report_of


def test_changes_are_counted_by_reason_with_the_first_examples():
    changes = Changes()
    for row in range(9):
        changes.leave_out("rows without a key", f"row {row}")
    changes.merge("rows with the same key", "king", 2)
    changes.convert("rows with a decimal comma", "0,5")
    details = changes.as_details()
    assert details["left_out"]["rows without a key"]["count"] == 9
    assert details["left_out"]["rows without a key"]["examples"] == [f"row {row}" for row in range(MOST_EXAMPLES)]
    assert details["merged"] == {"rows with the same key": {"count": 2, "examples": ["king"]}}
    assert changes.sentences() == [
        "Left out: 9 rows without a key, such as row 0.",
        "Merged: 2 rows with the same key, such as king.",
        "Converted: 1 rows with a decimal comma, such as 0,5.",
    ]


def test_examples_are_short_and_printable():
    changes = Changes()
    changes.leave_out("rows", "\x1b[31m" + "x" * 500)
    (example,) = changes.as_details()["left_out"]["rows"]["examples"]
    assert len(example) <= 100
    assert example.isprintable()


def test_the_report_is_json_with_one_key_for_what_was_assumed():
    read = ReadAs("vectors", "table", ",", header=True, encoding="utf-8", columns={"key": ["word"]})
    report = json.loads(json.dumps(report_of(read, Changes())))
    assert report == {
        "read": {
            "kind": "vectors",
            "layout": "table",
            "separator": ",",
            "header": True,
            "encoding": "utf-8",
            "columns": {"key": ["word"]},
            "assumptions": [],
        },
        "left_out": {},
        "merged": {},
        "converted": {},
    }
