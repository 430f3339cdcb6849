"""Export of a run: the script that reproduces it with public libraries only, and its data."""

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
#: The vectors that a text model starts from.
START_FILE = "start.txt"


def script_of(workspace: Workspace, run: RunRow) -> str | None:
    """Return the script that reproduces a run; None if the run has not finished or its model is unknown here.

    Raises
    ------
    StorageError
        The script's file is damaged.
    """
    path = workspace.run_folder(run.id) / SCRIPT_FILE
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return make_script(run) if path.parent.is_dir() else None
    except (OSError, ValueError) as error:
        raise StorageError("The run's script is damaged.", received=run.name, remedy="Delete its file.") from error


def make_script(run: RunRow) -> str | None:
    """Make the script of a run from its model and its parameters; None if this version cannot train it."""
    try:
        model = model_of(run.model)
        return model.script(model.parameters_class.checked(run.parameters), task_of(model).data_file(model))
    except EmbedLabError:
        # A model or a parameter from another version.
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
            "This version of EmbedLab cannot reproduce the run: the model or a parameter is unknown.",
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
    """Write the data files of a run's script to `scratch`, one by one."""
    model, protocol = model_of(run.model), run_protocol(run, workspace.dataset(run.dataset_id))
    task = task_of(model)
    yield task.write_data(dataset, protocol, model, scratch)
    start, words = run.parameters.get("start_from"), task.start_words(dataset)
    if start and words:
        # The embedding may have been deleted; the script then reports the missing file.
        with suppress(NotFoundError):
            start_embedding = workspace.load_embedding(workspace.resolve_embedding(start).id)
            rows, vectors = known_rows(start_embedding, words, start_embedding.vector_size)
            known = Embedding(vectors, [words[row] for row in rows])
            known.keyed_vectors.save_word2vec_format(str(scratch / START_FILE))
            yield scratch / START_FILE
