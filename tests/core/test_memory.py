"""The memory a process may use: that of the machine, or of its container."""

from __future__ import annotations

import psutil
import pytest

from embedlab.core import memory


@pytest.mark.parametrize(
    ("content", "expected_mb"),
    [
        pytest.param("500000000\n", 500.0, id="container"),
        pytest.param("max\n", None, id="no-limit"),
        pytest.param(str(2**63), None, id="more-than-there-is"),
        pytest.param(None, None, id="no-file"),
    ],
)
def test_the_limit_is_the_smaller_of_machine_and_container(tmp_path, monkeypatch, content, expected_mb):
    file = tmp_path / "memory.max"
    if content is not None:
        file.write_text(content)
    monkeypatch.setattr(memory, "_LIMIT_FILES", (file,))
    whole_mb = psutil.virtual_memory().total / 1e6
    assert memory.memory_limit_mb() == pytest.approx(whole_mb if expected_mb is None else expected_mb)
