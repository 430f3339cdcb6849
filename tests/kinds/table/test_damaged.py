"""Stored tables that somebody changed: refused with an error of our own when a column is read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from embedlab.core.errors import StorageError
from embedlab.kinds.table import TableDataset
from tests.models.table_data import planted_rows, table


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> TableDataset:
    """A table whose column 0 is a category."""
    return table(tmp_path_factory.mktemp("table"), planted_rows(20))


@pytest.fixture
def folder(stored: TableDataset, tmp_path: Path) -> Path:
    """A copy of its folder."""
    copied = tmp_path / "copied"
    copied.mkdir()
    for file in stored.folder.iterdir():
        (copied / file.name).write_bytes(file.read_bytes())
    return copied


@pytest.mark.parametrize("code", [-2, 4, 2**40], ids=["negative", "one-too-many", "huge"])
def test_a_code_without_a_value_is_damaged(folder: Path, code: int) -> None:
    codes = np.load(folder / "column_0.npy").astype(np.int64)
    codes[3] = code
    np.save(folder / "column_0.npy", codes)
    with pytest.raises(StorageError, match="missing or damaged"):
        TableDataset.open(folder).metadata(["town"])


def test_fewer_values_than_codes_are_damaged(folder: Path) -> None:
    pd.read_parquet(folder / "values_0.parquet").head(1).to_parquet(folder / "values_0.parquet")
    with pytest.raises(StorageError, match="missing or damaged"):
        TableDataset.open(folder).category_codes("town")


def test_a_number_of_rows_that_the_file_does_not_have_is_damaged(folder: Path) -> None:
    about = json.loads((folder / "dataset.json").read_text())
    about["counts"]["rows"] = 10**12
    (folder / "dataset.json").write_text(json.dumps(about))
    with pytest.raises(StorageError, match="missing or damaged"):
        TableDataset.open(folder)
