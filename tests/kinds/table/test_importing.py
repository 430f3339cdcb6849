"""Importing tables whose right answer is known, and tables that make trouble."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embedlab.core.errors import InputError, NotFoundError
from embedlab.core.progress import ignore_progress
from embedlab.kinds.table import TableDataset, TableOptions
from embedlab.kinds.table.importing import import_table
from embedlab.kinds.table.kind import TableKind
from embedlab.kinds.table.preview import preview_table
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

ROWS = "zip,size,sold,about,price\n" + "".join(
    f"0213{row % 4},{'' if row == 3 else row},2014-10-{1 + row % 28:02d},a nice home with view {row},{100 + row}\n"
    for row in range(40)
)

Imported = Callable[..., TableDataset]


@pytest.fixture
def imported(tmp_path: Path) -> Imported:
    def run(content: str | bytes, **options: Any) -> TableDataset:
        path, folder = tmp_path / "upload", tmp_path / "dataset"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        folder.mkdir()
        try:
            import_table("table", OpenedUpload(path, Limits()), TableOptions(**options), folder, ignore_progress)
        finally:
            leftovers = [file.name for file in folder.iterdir()]
        assert "dataset.json" in leftovers
        return TableDataset.open(folder)

    return run


def test_columns_codes_numbers_and_dates(imported: Imported) -> None:
    table = imported(ROWS, target="price")
    assert [(column.name, column.type, column.is_used) for column in table.columns] == [
        ("zip", "category", True),
        ("size", "number", True),
        ("sold", "date", True),
        ("about", "text", True),
        ("price", "number", False),
    ]
    assert table.imported.counts == {"rows": 40, "columns": 5, "values": 4, "words": 240, "numbers": 1}
    assert table.category_values("zip")["value"].tolist() == ["02130", "02131", "02132", "02133"]
    assert table.category_codes("zip")[:5].tolist() == [0, 1, 2, 3, 0]
    assert np.isnan(table.numbers("size")[3])
    assert str(table.dates("sold")[0]) == "2014-10-01T00:00:00"
    assert table.texts("about")[0] == "a nice home with view 0"
    assert table.target is not None
    assert (table.target.type, table.target.is_log, table.target.may_be_log) == ("number", False, True)
    assert table.metadata().columns.tolist() == ["price", "zip", "size", "sold"]


def test_a_table_without_target_is_a_matrix_of_numbers(imported: Imported) -> None:
    table = imported(ROWS)
    assert table.target is None
    with pytest.raises(InputError, match="no target"):
        _ = table.labeled_rows
    matrix = table.numeric_matrix(np.arange(10))
    assert matrix.columns == ("size", "price")
    assert (matrix.values.shape, matrix.values.dtype) == ((40, 2), np.float32)
    assert matrix.n_missing.tolist() == [1, 0]
    # The mean of the sizes of the training rows, 0 to 9 without 3.
    assert matrix.means.tolist() == [pytest.approx(42 / 9), 104.5]
    assert matrix.values[3, 0] == pytest.approx(42 / 9)
    assert table.row_keys == [str(row) for row in range(40)]


def test_ids_name_the_rows(imported: Imported) -> None:
    table = imported("code,a,b\n" + "".join(f"x{row},{row % 7},{row % 5}\n" for row in range(12)))
    assert table.row_keys[:2] == ["x0", "x1"]


def test_choices_of_the_user_win(imported: Imported) -> None:
    table = imported(ROWS, target="4", types="size=category,about=left-out")
    assert table.column("size").type == "category"
    assert table.column("about").is_used is False
    assert table.column("about").type == "text"


def test_a_long_tail_is_predicted_on_a_logarithmic_scale_and_rows_without_logarithm_are_left_out(
    imported: Imported,
) -> None:
    prices = [0, *(10 ** (row % 5) for row in range(199))]
    table = imported(
        "a,b,price\n" + "".join(f"{row % 3},x,{price}\n" for row, price in enumerate(prices)), target="price"
    )
    assert table.target is not None
    assert (table.target.is_log, table.target.n_not_positive) == (True, 1)
    assert table.labeled_rows.tolist() == list(range(1, 200))
    np.testing.assert_allclose(table.target.original(table.target.scaled(np.array([5.0]))), [5.0])


def test_a_missing_target_is_not_labeled(imported: Imported) -> None:
    content = "a,b,y\n" + "".join(f"{row % 3},k{row % 2},{'NaN' if row % 4 == 0 else row % 2}\n" for row in range(40))
    table = imported(content, target="y")
    assert table.target is not None
    assert (table.target.type, table.target.n_missing, table.target.n_classes) == ("category", 10, 2)
    assert len(table.labeled_rows) == 30
    assert "10 of 40 rows have no value of the target" in table.imported.warnings[0]


def test_duplicate_and_marked_up_names_are_names(imported: Imported) -> None:
    rows = "".join(f"{row % 3},{row % 5},{row % 7},{row % 2}\n" for row in range(12))
    table = imported(f"<b>a</b>,x,x,\n{rows}", has_header=True)
    assert [column.name for column in table.columns] == ["<b>a</b>", "x", "x (2)", "column 4"]
    assert table.imported.warnings[0].endswith("now called x (2), column 4.")


def test_blank_and_uneven_rows_are_said(imported: Imported) -> None:
    table = imported("a,b,c\n1,2,x\n,,\n3,4,y\n5,6,z,9,9\n" + "7,8,x\n" * 8)
    assert table.n_rows == 10
    assert table.imported.details["left_out"]["rows without any value"]["count"] == 1
    assert table.imported.details["left_out"]["rows with too many or too few cells"]["count"] == 1


@pytest.mark.parametrize(
    ("content", "options", "error", "message"),
    [
        pytest.param("a,b,c\n1,2,3\n", {}, InputError, "too few rows", id="one-row"),
        pytest.param("a,b,c\n", {}, InputError, "no rows|not a table", id="header-only"),
        pytest.param("", {}, InputError, "empty", id="empty"),
        pytest.param(ROWS, {"target": "no such"}, NotFoundError, "no such column", id="unknown-target"),
        pytest.param(ROWS, {"target": "about"}, InputError, "neither a number nor a category", id="text-target"),
        pytest.param(
            "id,b,y\n" + "".join(f"1{row},{row % 3},1\n" for row in range(20)),
            {"target": "id"},
            InputError,
            "neither a number nor a category",
            id="id-target",
        ),
        pytest.param(
            "id,b,y\n" + "".join(f"1{row},{row % 3},1\n" for row in range(20)),
            {"target": "y"},
            InputError,
            "only one value",
            id="constant-target",
        ),
        pytest.param(
            "a,b,y\n" + "".join(f"{row},{row % 3},{row if row < 5 else ''}\n" for row in range(20)),
            {"target": "y"},
            InputError,
            "Only 5 rows",
            id="few-targets",
        ),
        pytest.param(
            "a,b,y\n" + "".join(f"{row},{row % 3},{row - 10}\n" for row in range(20)),
            {"target": "y", "target_type": "number", "target_log": True},
            InputError,
            "no logarithm",
            id="negative-log",
        ),
        pytest.param(ROWS, {"types": {"nothing": "text"}}, NotFoundError, "no such column", id="unknown-column"),
    ],
)
def test_what_cannot_be_imported_leaves_nothing(
    tmp_path: Path, content: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    path, folder = tmp_path / "upload", tmp_path / "dataset"
    path.write_text(content)
    folder.mkdir()
    with pytest.raises(error, match=message):
        import_table("table", OpenedUpload(path, Limits()), TableOptions(**options), folder, ignore_progress)
    assert list(folder.iterdir()) == []


def test_the_preview_says_what_the_import_finds(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_text(ROWS)
    seen = preview_table(OpenedUpload(path, Limits()), TableOptions(target="price"))
    assert seen.counts == {"rows": 40, "columns": 5, "values": 4, "words": 240, "numbers": 1}
    assert (seen.problem, seen.is_complete) == ("", True)
    assert [column.type for column in seen.columns] == ["category", "number", "date", "text", "number"]
    refused = preview_table(OpenedUpload(path, Limits()), TableOptions(target="about"))
    assert "neither a number nor a category" in refused.problem


def test_numbers_in_a_column_named_label_are_classes_and_other_codes_are_said(
    imported: Imported, tmp_path: Path
) -> None:
    rows = [f"{3 * row % 41},{row % 7},{row % 3}" for row in range(60)]
    labels = imported("\n".join(["size,rooms,label", *rows]), target="label")
    assert labels.target is not None
    assert (labels.target.type, labels.target.n_classes) == ("category", 3)
    for name, target_type, is_said in (("wing", None, True), ("wing", "number", False), ("size", None, False)):
        folder = tmp_path / f"{name}-{target_type}"
        folder.mkdir()
        (folder / "in").write_text("\n".join(["size,rooms,wing", *rows]))
        (folder / "set").mkdir()
        options = TableOptions(target=name, target_type=target_type)
        found = import_table("table", OpenedUpload(folder / "in", Limits()), options, folder / "set", ignore_progress)
        assert found.details["target"]["type"] == "number"
        assert any("codes of classes" in warning for warning in found.warnings) == is_said


@pytest.mark.parametrize(
    ("options", "classes"),
    [
        pytest.param({}, ["02130", "02131", "02132", "02133"], id="first-category"),
        pytest.param({"target": "kind"}, ["a", "b", "c", "a"], id="target"),
    ],
)
def test_a_running_training_colors_rows_as_their_map(imported: Imported, options: Any, classes: list[str]) -> None:
    rows = "".join(f"0213{row % 4},{row},{'abc'[row % 3]}\n" for row in range(40))
    table = imported(f"zip,size,kind\n{rows}", **options)
    names = TableKind().key_names(table, "rows", 10)
    assert list(names.classes.values())[:4] == classes
    assert list(names.classes) == table.row_keys
    assert TableKind().key_names(table, "columns", 10).classes == {}
