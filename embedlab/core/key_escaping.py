"""Keys with spaces in formats that separate key and numbers by a space: escaped, and restored from a sidecar file.

White space, control characters and the percent sign become percent-encoded UTF-8 bytes, so that an escaped key is
never equal to another key. The sidecar maps each changed key to its original; without it the file still loads anywhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

from embedlab.core.errors import InputError, StorageError
from embedlab.core.files import read_json, write_json

_ESCAPE = "%"
_UNSAFE_CATEGORIES = frozenset({"Cc", "Zs", "Zl", "Zp", "Cs"})
_BYTE_ORDER_MARK = "\ufeff"
_LARGEST_SIDECAR_BYTES = 2**28


def escape_keys(keys: Sequence[str]) -> tuple[list[str], bool]:
    """Return keys without white space, and whether any key changed.

    Examples
    --------
    >>> escape_keys(["new york", "100%", "paris"])
    (['new%20york', '100%25', 'paris'], True)
    """
    escaped = [_escape(key) for key in keys]
    return escaped, any(after != before for after, before in zip(escaped, keys, strict=True))


def sidecar_path(path: Path) -> Path:
    """Return the path of the sidecar of the vectors file `path`: `<file>.keys.json`."""
    return path.with_name(f"{path.name}.keys.json")


def write_sidecar(path: Path, keys: Sequence[str]) -> Path | None:
    """Write the sidecar of the vectors file `path` if a key needs it; return its path, or None."""
    escaped, changed = escape_keys(keys)
    if not changed:
        return None
    originals = {after: before for after, before in zip(escaped, keys, strict=True) if after != before}
    sidecar = sidecar_path(path)
    write_json(sidecar, {"escaping": "percent-encoded UTF-8", "keys": originals})
    return sidecar


def read_sidecar(sidecar: Path) -> dict[str, str]:
    """Read the original of each escaped key.

    Raises
    ------
    InputError
        The file is not a sidecar that `write_sidecar` wrote.
    """
    try:
        stored = read_json(sidecar) if sidecar.stat().st_size <= _LARGEST_SIDECAR_BYTES else None
    except (StorageError, OSError, RecursionError):
        stored = None
    originals = stored.get("keys") if isinstance(stored, dict) else None
    if not isinstance(originals, dict) or not all(isinstance(original, str) for original in originals.values()):
        raise InputError(
            "The file of original keys cannot be read.",
            received=sidecar.name,
            remedy="Give the .keys.json file that was exported with the vectors, or leave it out.",
        )
    # JSON can contain half of a surrogate pair, which our files cannot store.
    return {after: before.encode("utf-8", "replace").decode() for after, before in originals.items()}


def restore_keys(keys: Sequence[str], originals: dict[str, str]) -> list[str]:
    """Return the original of each escaped key."""
    return [originals.get(key, key) for key in keys]


def _escape(key: str) -> str:
    if key.isalnum():
        return key
    return "".join(_escape_character(character) for character in key)


def _escape_character(character: str) -> str:
    unsafe = character in {_ESCAPE, _BYTE_ORDER_MARK} or unicodedata.category(character) in _UNSAFE_CATEGORIES
    if not unsafe:
        return character
    return "".join(f"%{byte:02X}" for byte in character.encode("utf-8", errors="surrogatepass"))
