"""The labels file of a text: by the order of the documents, or by their ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.base import BuildContext
from embedlab.kinds.companion_match import NamedFile
from embedlab.kinds.text import companions
from embedlab.kinds.text.companions import match
from embedlab.kinds.text.dataset import TextDataset
from embedlab.kinds.text.expected_counts import expected_counts
from embedlab.kinds.text.kind import TextKind
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

LINES = "".join(f"document {n} about {'cats' if n % 2 else 'dogs'}\n" for n in range(30))
ROWS = "id,text\n" + "".join(f"x{n},the text of document {n} is not long\n" for n in range(30))


def opened(tmp_path: Path, content: str, name: str) -> OpenedUpload:
    (tmp_path / name).write_text(content)
    return OpenedUpload(tmp_path / name, Limits())


def build(tmp_path: Path, text: str, labels: str):
    upload = opened(tmp_path, text, "text")
    opened(tmp_path, labels, "labels")
    folder = tmp_path / "folder"
    folder.mkdir()
    kind = TextKind()
    context = BuildContext(companions={"labels": tmp_path / "labels"})
    imported = kind.build(upload, kind.guess_options(upload), folder, context).imported
    return TextDataset.open(folder), imported


def test_labels_in_the_order_of_the_documents(tmp_path: Path) -> None:
    dataset, imported = build(tmp_path, LINES, "dog\ncat\n" * 15)
    assert dataset.labels["label"].tolist() == ["dog", "cat"] * 15
    assert dataset.documents(1, 2)[0] == ["document", "1", "about", "cats"]
    assert imported.options["layout"] == "lines"
    assert TextKind().companion_summary("labels", imported) == "labels of 30 of 30 documents"


def test_labels_by_id_in_any_order(tmp_path: Path) -> None:
    labels = "id,label\n" + "".join(f"x{n},{'even' if n % 2 == 0 else 'odd'}\n" for n in reversed(range(5, 30)))
    dataset, imported = build(tmp_path, ROWS, labels)
    assert dataset.labels["label"].tolist() == [""] * 5 + ["odd", "even"] * 12 + ["odd"]
    assert TextKind().companion_summary("labels", imported) == "labels of 25 of 30 documents"


@pytest.mark.parametrize(
    ("text", "labels", "first"),
    [
        (LINES, "dog\ncat\n" * 15, ["dog", "document 0 about dogs", "document 0 about dogs"]),
        (ROWS, "id,label\nx0,even\nx1,odd\n", ["even", ROWS.splitlines()[1][3:], ROWS.splitlines()[1][3:]]),
    ],
    ids=["by row", "by id"],
)
def test_the_preview_has_the_labels(tmp_path: Path, text: str, labels: str, first: list[str]) -> None:
    upload = opened(tmp_path, text, "text")
    opened(tmp_path, labels, "labels")
    kind = TextKind()
    context = BuildContext(companions={"labels": tmp_path / "labels"})
    preview = kind.preview(upload, kind.guess_options(upload), context)
    assert preview.columns == ["Label", "Text", "Words"]
    assert preview.rows[0] == first
    assert preview.counts["documents"] == 30


def test_a_preview_joins_only_what_it_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(companions, "PREVIEW_CHARACTERS", 50)
    upload = opened(tmp_path, LINES, "text")
    opened(tmp_path, "dog\ncat\n" * 14, "labels")
    preview = companions.preview_joined(upload, TextKind().guess_options(upload), tmp_path / "labels")
    assert [document.label for document in preview.documents] == ["dog", "cat", "dog"]
    assert preview.counts["documents"] == 30


def test_another_number_of_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="another number of lines") as caught:
        build(tmp_path, LINES, "dog\ncat\n" * 14)
    assert "30 documents, 28 labels" in str(caught.value)
    assert list((tmp_path / "folder").iterdir()) == []


@pytest.mark.parametrize(
    "other",
    ["dog\ncat\n" * 14, "".join(f"label {n}\n" for n in range(30)), "id,label\n" + "x1,a\n" * 30],
    ids=["other-number", "all-different", "repeated-ids"],
)
def test_what_is_no_file_of_labels(other: str, tmp_path: Path) -> None:
    main, second = opened(tmp_path, LINES, "main"), opened(tmp_path, other, "other")
    assert match(NamedFile("main", main), NamedFile("other", second)) is None


def test_counts_grow_from_the_part_that_was_read() -> None:
    counts = expected_counts({"documents": 10, "tokens": 100, "vocabulary": 50}, 0.25)
    assert counts == {"documents": 40, "tokens": 400, "vocabulary": 100}
