"""A run to take away: the script that repeats it with public libraries alone, and the data it reads."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError, NotFoundError, StorageError
from embedlab.core.files import atomic_file, check_output
from embedlab.jobs.protocols import run_protocol
from embedlab.models.registry import model as model_of
from embedlab.models.shared.starting import known_rows
from embedlab.tasks.registry import task_of
from embedlab.workspace.rows import RunRow, Status
from embedlab.workspace.workspace import Workspace

SCRIPT_FILE = "train.py"
#: The vectors that a model of texts starts from.
START_FILE = "start.txt"


def script_of(workspace: Workspace, run: RunRow) -> str | None:
    """Return the script that repeats a run, or None: the run has not finished, or its model is not known here.

    Raises
    ------
    StorageError
        The script's file is damaged.
    """
    path = workspace.run_folder(run.id) / SCRIPT_FILE
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return made_script(run) if path.parent.is_dir() else None
    except (OSError, ValueError) as error:
        raise StorageError("The run's script is damaged.", received=run.name, remedy="Delete its file.") from error


def made_script(run: RunRow) -> str | None:
    """Make the script of a run from its model and its parameters; None for what this version cannot train."""
    try:
        model = model_of(run.model)
        return model.script(model.parameters_class.checked(run.parameters), task_of(model).data_file(model))
    except EmbedLabError:
        # A model or a parameter of another version.
        return None


def write_bundle(workspace: Workspace, run_id: str, out: Path) -> Path:
    """Write a zip with the run's script and its data; return `out`.

    Raises
    ------
    NotFoundError
        The run has not finished, so it has no script.
    InputError
        `out` is a folder, a link or a device.
    """
    check_output(out)
    run = workspace.run(run_id)
    script = script_of(workspace, run)
    if script is None:
        if run.status != Status.SUCCEEDED:
            raise NotFoundError("The run has no script yet.", received=run.name, remedy="Wait until it has succeeded.")
        raise NotFoundError(
            "This version of EmbedLab cannot repeat the run: it does not know the model or a parameter.",
            received=run.model,
            remedy="Use the version that trained it.",
        )
    dataset = workspace.open_dataset(run.dataset_id)
    with (
        atomic_file(out) as stream,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as bundle,
        tempfile.TemporaryDirectory(dir=out.parent, prefix=".bundle.") as scratch,
    ):
        bundle.writestr(SCRIPT_FILE, script)
        for file in _data_files(workspace, run, dataset, Path(scratch)):
            bundle.write(file, file.name)
    return out


def _data_files(workspace: Workspace, run: RunRow, dataset: Any, scratch: Path) -> Iterator[Path]:
    """Write what a run's script reads into `scratch`, file by file."""
    model, protocol = model_of(run.model), run_protocol(run, workspace.dataset(run.dataset_id))
    task = task_of(model)
    yield task.write_data(dataset, protocol, model, scratch)
    start, words = run.parameters.get("start_from"), task.start_words(dataset)
    if start and words:
        # The embedding may be gone since; the script then says what it misses.
        with suppress(NotFoundError):
            begun = workspace.load_embedding(workspace.resolve_embedding(start).id)
            found, vectors = known_rows(begun, words, begun.vector_size)
            cut = Embedding(vectors, [words[row] for row in found])
            cut.keyed_vectors.save_word2vec_format(str(scratch / START_FILE))
            yield scratch / START_FILE
