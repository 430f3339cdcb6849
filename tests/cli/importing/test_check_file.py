"""Paths that the system refuses are told kindly, whatever the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from embedlab.cli.importing.job import check_file, reading_errors
from embedlab.core.errors import InputError, NotFoundError


def test_a_path_that_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file"):
        check_file(tmp_path / "missing")
    with pytest.raises(InputError, match="not a file"):
        check_file(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        check_file(Path("x" * 100_000))


def test_a_file_that_cannot_be_read_is_an_error_of_the_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="permissions"), reading_errors(tmp_path):
        tmp_path.open("rb")
