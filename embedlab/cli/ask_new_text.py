"""`similar`, `classify`: queries about a text that a run has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.ask import write_neighbors
from embedlab.cli.flags import Json, TopN
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import opened_workspace
from embedlab.core.errors import InputError

if TYPE_CHECKING:
    from embedlab.exploration.new_things.classify import Classified
    from embedlab.workspace.workspace import Workspace

NewText = Annotated[str | None, typer.Option("--text", help="The new text.")]
NewFile = Annotated[Path | None, typer.Option("--file", metavar="FILE", help="A file that contains the new text.")]
_MOST_LABELS = 10
_MOST_WORDS = 5


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (similar, classify):
        app.command()(command)


def similar(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run that has document vectors.")],
    text: NewText = None,
    file: NewFile = None,
    topn: TopN = 10,
    json: Json = False,
) -> None:
    """Find the documents most similar to a new text."""
    from embedlab.exploration.new_things.inference import near_text
    from embedlab.jobs.inference import open_with_dataset
    from embedlab.kinds.text.dataset import TextDataset
    from embedlab.models.contract.abilities import PlacesText

    with opened_workspace() as workspace:
        new = new_text(workspace, text, file)
        inference, dataset = open_with_dataset(workspace, run, PlacesText, TextDataset)
        documents = workspace.load_embedding(workspace.resolve_embedding(f"{run}/{PlacesText.role}").id)
        near = near_text(inference, documents, new, dataset.tokenize, topn)
        _note_coverage(near.n_known, near.n_words)
        write_neighbors(documents, near.answers, as_json=json)


def classify(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run of a text classifier.")],
    text: NewText = None,
    file: NewFile = None,
    json: Json = False,
) -> None:
    """Predict the label of a new text, with the probability of each label and the words that decided it."""
    from embedlab.exploration.new_things.classify import classify_text
    from embedlab.jobs.inference import open_with_dataset
    from embedlab.kinds.text.dataset import TextDataset
    from embedlab.models.contract.abilities import Classifies

    with opened_workspace() as workspace:
        new = new_text(workspace, text, file)
        predictor, dataset = open_with_dataset(workspace, run, Classifies, TextDataset)
        classified = classify_text(predictor, new, dataset.tokenize)
    _note_coverage(classified.n_known, classified.n_words)
    if classified.n_read < classified.n_words:
        write_note(f"Only the first {classified.n_read:,} words are read.")
    if json:
        write_json(_as_json(classified))
    else:
        _write_classified(classified)


def new_text(workspace: Workspace, text: str | None, file: Path | None) -> str:
    """Return the new text from `--text` or `--file`."""
    if text is not None and file is None:
        return text
    if file is not None and text is None:
        return _read_text(workspace, file)
    raise InputError("The command needs one new text.", remedy="Use either --text or --file.")


def _read_text(workspace: Workspace, path: Path) -> str:
    from embedlab.exploration.new_things.inference import LONGEST_TEXT
    from embedlab.reading.sources import Limits, detect_encoding, open_text

    limits = Limits.of(workspace.settings)
    with open_text(path, detect_encoding(path, limits), limits) as stream:
        # One character above the limit, so that the query rejects it.
        return stream.read(LONGEST_TEXT + 1)


def _note_coverage(n_known: int, n_words: int) -> None:
    write_note(f"{n_known:,} of {n_words:,} words are in the vocabulary.")


def _as_json(classified: Classified) -> dict[str, Any]:
    return {
        "label": classified.label,
        "probabilities": dict(classified.probabilities),
        "n_words": classified.n_words,
        "n_known": classified.n_known,
        "n_read": classified.n_read,
        "words": [
            {"word": each.word, "known": each.is_known, "probability_without": each.without, "change": each.change}
            for each in classified.effects
        ],
    }


def _write_classified(classified: Classified) -> None:
    write_table(
        ["label", "probability"],
        [(label, f"{probability:.5f}") for label, probability in classified.probabilities[:_MOST_LABELS]],
        empty="No labels.",
    )
    if (n_more := len(classified.probabilities) - _MOST_LABELS) > 0:
        write_note(f"{n_more:,} more labels are less probable; --json lists all.")
    write_line()
    rows = [
        (
            each.word if each.is_known else f"{each.word} (out of vocabulary)",
            "for" if each.weight > 0 else "against",
            f"{each.without:.5f}",
        )
        for each in classified.strongest(_MOST_WORDS)
    ]
    write_table(["word", "for or against", "probability without it"], rows, empty="No word had an effect.")
