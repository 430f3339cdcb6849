import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.core.stored import read_array


def changed(content, at, by):
    return content[:at] + by + content[at + len(by) :]


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(lambda content: content[:9], id="cut-in-the-header"),
        pytest.param(lambda content: content[:-1], id="cut-at-the-end"),
        pytest.param(lambda content: b"x" * len(content), id="other-content"),
        pytest.param(lambda content: changed(content, 10, "¼".encode("latin-1")), id="header-no-literal"),
        pytest.param(lambda content: changed(content, 10, b"("), id="header-open-bracket"),
        pytest.param(lambda content: content.replace(b"(100,)", b"('a',)"), id="shape-no-number"),
        pytest.param(lambda content: content.replace(b"(100,)", b"(-10,)"), id="shape-negative"),
        pytest.param(lambda content: content.replace(b"<f4", b"<q9"), id="no-such-type"),
        pytest.param(lambda content: content.replace(b"'<f4'", b"'|O' "), id="pickle"),
    ],
)
@pytest.mark.parametrize("mapped", [True, False], ids=["mapped", "read"])
def test_a_damaged_array_is_told(tmp_path, damage, mapped):
    path = tmp_path / "v.npy"
    np.save(path, np.zeros(100, dtype=np.float32))
    np.testing.assert_array_equal(read_array(path, mapped=mapped), np.zeros(100))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StorageError, match="missing or damaged"):
        read_array(path, mapped=mapped)


def test_a_missing_array_is_told_by_its_name(tmp_path):
    with pytest.raises(StorageError, match=r"v\.npy"):
        read_array(tmp_path / "v.npy")
