"""A run in one line."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from embedlab.ui.widgets.run_line import figures_line


@pytest.mark.parametrize(
    ("parameters", "scores", "size"),
    [
        pytest.param({"vector_size": 64}, {}, " \u00b7 64 dimensions", id="given"),
        pytest.param({"vector_size": 0}, {}, "", id="one-for-each-embedding"),
        pytest.param({"n_factors": None}, {"n_factors": 20}, " \u00b7 20 dimensions", id="chosen"),
        pytest.param({}, {}, "", id="none"),
    ],
)
def test_dimensions_are_named_if_there_is_one_number(
    parameters: dict[str, Any], scores: dict[str, Any], size: str
) -> None:
    run = SimpleNamespace(parameters=parameters, scores=scores, created_at=time.time(), elapsed_s=None)
    line = figures_line(cast("Any", run))
    assert line.partition(" \u00b7 ")[1] + line.partition(" \u00b7 ")[2] == size
