"""`similar`, `classify`: questions about a text that a run has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.ask import write_answers
from embedlab.cli.flags import Json, TopN
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import opened_workspace
from embedlab.core.errors import InputError

if TYPE_CHECKING:
    from embedlab.exploration.new_things.classify import Classified
    from embedlab.workspace.workspace import Workspace

NewText = Annotated[str | None, typer.Option("--text", help="The new text.")]
NewFile = Annotated[Path | None, typer.Option("--file", metavar="FILE", help="A file that holds it.")]
_MOST_LABELS = 10
_MOST_WORDS = 5


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (similar, classify):
        app.command()(command)


def similar(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run of a model of documents.")],
    text: NewText = None,
    file: NewFile = None,
    topn: TopN = 10,
    json: Json = False,
) -> None:
    """Find the documents nearest to a new text, which the run has not seen."""
    from embedlab.exploration.new_things.inference import near_text
    from embedlab.jobs.inference import open_with_dataset
    from embedlab.kinds.text.dataset import TextDataset
    from embedlab.models.contract.abilities import PlacesText

    with opened_workspace() as workspace:
        new = _new_text(workspace, text, file)
        inference, dataset = open_with_dataset(workspace, run, PlacesText, TextDataset)
        documents = workspace.load_embedding(workspace.resolve_embedding(f"{run}/{PlacesText.role}").id)
        found = near_text(inference, documents, new, dataset.tokenize, topn)
        _note_known(found.n_known, found.n_words)
        write_answers(found.answers, "cosine", as_json=json)


def classify(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run of a classifier of texts.")],
    text: NewText = None,
    file: NewFile = None,
    json: Json = False,
) -> None:
    """Tell the label of a new text, with the run's own belief in each label, and which words spoke for it."""
    from embedlab.exploration.new_things.classify import classify_text
    from embedlab.jobs.inference import open_with_dataset
    from embedlab.kinds.text.dataset import TextDataset
    from embedlab.models.contract.abilities import Classifies

    with opened_workspace() as workspace:
        new = _new_text(workspace, text, file)
        predictor, dataset = open_with_dataset(workspace, run, Classifies, TextDataset)
        found = classify_text(predictor, new, dataset.tokenize)
    _note_known(found.n_known, found.n_words)
    if found.n_read < found.n_words:
        write_note(f"Only the first {found.n_read:,} words are read.")
    if json:
        write_json(_as_json(found))
    else:
        _write_classified(found)


def _new_text(workspace: Workspace, text: str | None, file: Path | None) -> str:
    """Return the text that was given in one of the two ways."""
    if text is not None and file is None:
        return text
    if file is not None and text is None:
        return _read_text(workspace, file)
    raise InputError("One new text is needed.", remedy="Give either --text or --file.")


def _read_text(workspace: Workspace, path: Path) -> str:
    from embedlab.exploration.new_things.inference import LONGEST_TEXT
    from embedlab.reading.sources import Limits, detect_encoding, open_text

    limits = Limits.of(workspace.settings)
    with open_text(path, detect_encoding(path, limits), limits) as stream:
        # One character more than is allowed: the question refuses it.
        return stream.read(LONGEST_TEXT + 1)


def _note_known(n_known: int, n_words: int) -> None:
    write_note(f"{n_known:,} of {n_words:,} words are known.")


def _as_json(found: Classified) -> dict[str, Any]:
    return {
        "label": found.label,
        "probabilities": dict(found.probabilities),
        "n_words": found.n_words,
        "n_known": found.n_known,
        "n_read": found.n_read,
        "words": [
            {"word": each.word, "known": each.is_known, "probability_without": each.without, "change": each.change}
            for each in found.effects
        ],
    }


def _write_classified(found: Classified) -> None:
    write_table(
        ["label", "probability"],
        [(label, f"{probability:.5f}") for label, probability in found.probabilities[:_MOST_LABELS]],
        empty="No labels.",
    )
    if (n_more := len(found.probabilities) - _MOST_LABELS) > 0:
        write_note(f"{n_more:,} more labels are less probable; --json gives all.")
    write_line()
    rows = [
        (
            each.word if each.is_known else f"{each.word} (not known)",
            "for" if each.weight > 0 else "against",
            f"{each.without:.5f}",
        )
        for each in found.strongest(_MOST_WORDS)
    ]
    write_table(["word", "for or against", "probability without it"], rows, empty="No word counted.")
