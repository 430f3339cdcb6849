"""The files that a backup may restore into each folder of the workspace.

None of them can be imported or run by Python: a worker uses the folder of its job, and a run's script is generated
again from the model and its parameters.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from embedlab.core.errors import InputError
from embedlab.core.files import ARRAY_NAME
from embedlab.kinds.registry import is_dataset_file

_STATE = rf"(state\.json|{ARRAY_NAME.pattern}\.npy)"
#: The state of the trained model or of an ability: arrays and JSON, under any name, for later versions.
_ABILITY = "[a-z][a-z_]{0,39}"
#: By folder of the workspace the paths below an artifact's own folder. An upload is a file itself; which files a
#: dataset has, its kind knows; which files a run has besides, its model knows.
_KNOWN = {
    "jobs": re.compile(
        rf"(progress|history)\.jsonl|log\.txt|((snapshots|checkpoints)/\d{{1,9}}|snapshots/film)/{_STATE}"
    ),
    "runs": re.compile(rf"run\.json|stability\.npy|{_ABILITY}/{_STATE}"),
    "embeddings": re.compile(
        r"vectors\.npy|keys\.parquet|embedding\.json|(?:clusters|near_duplicates)\.npz"
        r"|(?:selections|bookmarks|cluster_names)\.json"
    ),
    "projections": re.compile(r"coordinates\.npy|rows\.npy|projection\.json"),
}
#: Members of a `.keras` file.
_KERAS_MEMBER = re.compile(r"metadata\.json|config\.json|model\.weights\.h5|assets/[A-Za-z0-9_/.-]+\.txt")
_KERAS_MODULE = re.compile(r"keras(\.(layers|initializers|regularizers|constraints|src\.models\.[a-z_]+))?")
#: Arithmetic on arrays between layers, by Keras' own modules: none takes a function or a file.
_KERAS_OPERATIONS = {
    "keras.src.ops.core": {"Cast"},
    "keras.src.ops.numpy": {
        *("Absolute", "Add", "Concatenate", "Divide", "Equal", "Exp", "ExpandDims", "GetItem", "Log", "Log1p"),
        *("Matmul", "Maximum", "Mean", "Minimum", "Multiply", "NotEqual", "Reshape", "Sqrt", "Square", "Squeeze"),
        *("Subtract", "Sum", "Transpose"),
    },
}
#: Classes that run code of the file, or load other files.
_KERAS_RUNS_CODE = {"Lambda", "__lambda__", "function", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"}
_LARGEST_KERAS_CONFIG_BYTES = 64 << 20


def foreign(name: str) -> InputError:
    """Return the error for a member that does not belong in a backup."""
    return InputError(
        "The backup has a member that does not belong there.", received=name, remedy="Do not trust this file."
    )


def target_of(name: str, known: Collection[tuple[str, str]], run_files: Collection[str]) -> tuple[str, ...] | None:
    """Return a member's path in parts, below the workspace's folder; None when it is left out.

    Parameters
    ----------
    name
        The member's name in the zip.
    known
        `(folder, id)` of the rows of the backup.
    run_files
        Names of the files that models leave in the folders of their runs.

    Raises
    ------
    InputError
        The member does not belong to a row of the backup, so EmbedLab did not write it.
    """
    parts = tuple(name.split("/"))
    plain = all(part not in {"", ".", ".."} and not set(part) & set('\\:\0<>"|?*') for part in parts)
    if len(parts) < 2 or not plain or parts[:2] not in known:
        raise foreign(name)
    room, inside = parts[0], "/".join(parts[2:])
    if room == "uploads":
        if inside:
            raise foreign(name)
        return parts
    if any(_is_known(room, "/".join(parts[2:end]), run_files) for end in range(3, len(parts))):
        # A file is not a folder at the same time.
        raise foreign(name)
    return parts if _is_known(room, inside, run_files) else None


def _is_known(room: str, inside: str, run_files: Collection[str]) -> bool:
    if room == "datasets":
        return is_dataset_file(inside)
    return (room == "runs" and inside in run_files) or _KNOWN[room].fullmatch(inside) is not None


def is_harmless_network(path: Path) -> bool:
    """Return whether a `.keras` file contains only Keras layers that run no code from the file."""
    try:
        with zipfile.ZipFile(path) as archive:
            if not all(_KERAS_MEMBER.fullmatch(name) for name in archive.namelist()):
                return False
            member = archive.getinfo("config.json")
            if member.file_size > _LARGEST_KERAS_CONFIG_BYTES:
                return False
            return all(_is_harmless_object(each) for each in _objects(json.loads(archive.read(member))))
    except (OSError, ValueError, KeyError, RuntimeError, NotImplementedError, zipfile.BadZipFile, RecursionError):
        return False


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield all objects of a JSON value."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _objects(each)
    elif isinstance(value, list):
        for each in value:
            yield from _objects(each)


def _is_harmless_object(value: dict[str, Any]) -> bool:
    if "class_name" not in value and "module" not in value:
        return True
    module, class_name = value.get("module"), value.get("class_name")
    if isinstance(module, str) and isinstance(class_name, str) and class_name in _KERAS_OPERATIONS.get(module, ()):
        return True
    of_keras = module is None or (isinstance(module, str) and _KERAS_MODULE.fullmatch(module) is not None)
    return of_keras and isinstance(class_name, str) and class_name not in _KERAS_RUNS_CODE
