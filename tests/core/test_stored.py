import zipfile

import numpy as np
import pytest

from embedlab.core.errors import StorageError
from embedlab.core.stored import read_array, read_arrays
from embedlab.exploration.clusters import Clusters
from embedlab.exploration.near_duplicates import NearDuplicates
from embedlab.projections.trust.distortion import Distortion
from embedlab.projections.trust.neighbor_sample import NeighborSample


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


def _zip(path, **members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(f"{name}.npy", content)


def _array(shape, written=8):
    """Return a `.npy` file whose header promises an array that need not follow."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(written)


def _encrypted(path):
    _zip(path, a=_array("(1,)"))
    content = bytearray(path.read_bytes())
    for magic, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        content[content.index(magic) + place] |= 1
    path.write_bytes(content)


def _of_unknown_compression(path):
    _zip(path, a=_array("(1,)"))
    content = bytearray(path.read_bytes())
    for magic, place in ((b"PK\x01\x02", 10), (b"PK\x03\x04", 8)):
        content[content.index(magic) + place] = 99
    path.write_bytes(content)


DAMAGED_ARRAYS = {
    "missing": lambda path: None,
    "text": lambda path: path.write_text("no zip"),
    "encrypted": _encrypted,
    "unknown-compression": _of_unknown_compression,
    "promises-terabytes": lambda path: _zip(path, a=_array(f"({10**15},)")),
    "shape-too-large": lambda path: _zip(path, a=_array(f"({10**30},)")),
    "negative-shape": lambda path: _zip(path, a=_array("(-1,)")),
    "header-no-python": lambda path: _zip(path, a=_array("((((((")),
    "objects": lambda path: np.savez(path, a=np.array([{}], dtype=object)),
    "too-large": lambda path: _zip(path, a=_array("(200,)", 1600)),
}


@pytest.mark.parametrize("damage", DAMAGED_ARRAYS.values(), ids=DAMAGED_ARRAYS)
def test_damaged_arrays_that_can_be_computed_again_are_none(tmp_path, damage):
    path = tmp_path / "arrays.npz"
    damage(path)
    assert read_arrays(path, 1000) is None


def test_arrays_are_read_without_members_of_another_kind(tmp_path):
    path = tmp_path / "arrays.npz"
    _zip(path, a=_array("(1,)"), b=b"no array")
    assert {name: array.tolist() for name, array in (read_arrays(path, 1000) or {}).items()} == {"a": [0.0]}


LOADERS = {
    "clusters": (Clusters.load, ("codes", "names", "stops", "n_finer", "finest"), 5),
    "near-duplicates": (NearDuplicates.load, ("pairs", "cosines", "facts"), 5),
    "distortion": (Distortion.load, ("false_neighbors", "missing_neighbors", "n_references", "k"), 5),
    "neighbor-sample": (NeighborSample.load, ("digest", "n_points", "n_finite", "metric", "scale", "queries"), None),
}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("content", [b"no array", _array("(1,)"), _array("(0,)", 0)], ids=["text", "one", "none"])
def test_foreign_members_mean_that_there_is_no_file(tmp_path, loader, content):
    load, names, n_keys = LOADERS[loader]
    path = tmp_path / "arrays.npz"
    _zip(path, **dict.fromkeys(names, content))
    assert load(path, *([] if n_keys is None else [n_keys])) is None
