"""A run to take away: the script that repeats it with public libraries alone, and the data it reads."""

from __future__ import annotations

import csv
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
from embedlab.kinds.registry import kind as kind_of
from embedlab.kinds.text.labeled import LabelledSplit, labelled_split
from embedlab.kinds.text.part import without_test_part
from embedlab.models.contract.base import Model
from embedlab.models.registry import model as model_of
from embedlab.models.shared.documents import document_batches, write_documents
from embedlab.models.shared.starting import known_rows
from embedlab.workspace.rows import RunRow, Status
from embedlab.workspace.workspace import Workspace

SCRIPT_FILE = "train.py"
#: For models of documents: one document a line.
DOCUMENTS_FILE = "documents.txt"
#: For models of labelled documents: a table of text, label and part.
LABELLED_FILE = "labelled.csv"
#: The vectors that a model of texts starts from.
START_FILE = "start.txt"


def data_file(model: Model[Any, Any]) -> str:
    """Return the name of the data file that a model's script reads."""
    if model.needs_labels:
        return LABELLED_FILE
    of_kind = kind_of(model.kind).data_file
    if model.reads_documents or of_kind is None:
        return DOCUMENTS_FILE
    return of_kind


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
        return model.script(model.parameters_class.checked(run.parameters), data_file(model))
    except EmbedLabError:
        # A model or a parameter of another version.
        return None


def write_labelled(split: LabelledSplit, path: Path) -> None:
    """Write the columns `text` (words parted by one blank), `label` and `part` of every document.

    Documents that no part holds have no label and no part.
    """
    dataset = split.dataset
    labels, parts = [""] * dataset.n_documents, [""] * dataset.n_documents
    for name, part in (("train", split.train), ("validation", split.validation), ("test", split.test)):
        for row, code in zip(part.rows.tolist(), part.codes.tolist(), strict=True):
            labels[row], parts[row] = split.classes[code], name
    row = 0
    with path.open("w", encoding="utf-8", errors="surrogatepass", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["text", "label", "part"])
        for batch in document_batches(dataset):
            table.writerows((" ".join(words), labels[row + at], parts[row + at]) for at, words in enumerate(batch))
            row += len(batch)


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
    model, row = model_of(run.model), workspace.dataset(run.dataset_id)
    known, protocol = kind_of(row.kind), run_protocol(run, row)
    if model.needs_labels and protocol is not None:
        write_labelled(labelled_split(dataset, protocol), scratch / LABELLED_FILE)
        yield scratch / LABELLED_FILE
    elif model.reads_documents:
        learned = dataset if protocol is None else without_test_part(dataset, protocol, scratch / "without-test")
        write_documents(learned, scratch / DOCUMENTS_FILE)
        yield scratch / DOCUMENTS_FILE
    else:
        yield known.write_data(dataset, protocol, scratch)
    if start := run.parameters.get("start_from"):
        # The embedding may be gone since; the script then says what it misses.
        with suppress(NotFoundError):
            begun = workspace.load_embedding(workspace.resolve_embedding(start).id)
            words = known.words(dataset)
            found, vectors = known_rows(begun, words, begun.vector_size)
            cut = Embedding(vectors, [words[row] for row in found])
            cut.keyed_vectors.save_word2vec_format(str(scratch / START_FILE))
            yield scratch / START_FILE
