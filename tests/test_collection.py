"""The tests have short, plain names, so that one can be named on a command line.

That every process collects the same names, whatever its hash seed, is what pytest-xdist itself demands of its workers.
"""

from __future__ import annotations

import pytest

_LONGEST_NAME = 120


def test_tests_have_short_plain_names(request: pytest.FixtureRequest) -> None:
    names = [item.nodeid for item in request.session.items]
    assert len(set(names)) == len(names)
    odd = [name for name in names if not _is_plain(name)]
    assert odd == []


def _is_plain(name: str) -> bool:
    path, _, test = name.partition("::")
    # pytest writes what is no printable ASCII with backslashes.
    return name.isascii() and name.isprintable() and "\\" not in name and bool(path) and 0 < len(test) <= _LONGEST_NAME
