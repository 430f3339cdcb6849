"""`similar`, `classify`, `place`: a text, word or person that a run has not seen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.asking.new_image import classify_image_file
from embedlab.cli.asking.queries import EmbeddingName, write_neighbors
from embedlab.cli.flags import Json, TopN
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import find_embedding, opened_workspace
from embedlab.core.errors import ConflictError, InputError

if TYPE_CHECKING:
    from embedlab.core.embedding import Vectors
    from embedlab.exploration.new_things.classify import Classified
    from embedlab.projections.placing import Place
    from embedlab.workspace.rows import EmbeddingRow, ProjectionRow
    from embedlab.workspace.workspace import Workspace

NewText = Annotated[str | None, typer.Option("--text", help="The new text.")]
NewFile = Annotated[Path | None, typer.Option("--file", metavar="FILE", help="A file that contains the new text.")]
_MOST_LABELS = 10
_MOST_WORDS = 5


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (similar, classify, place):
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
        new = _new_text(workspace, text, file)
        inference, dataset = open_with_dataset(workspace, run, PlacesText, TextDataset)
        documents = workspace.load_embedding(workspace.resolve_embedding(f"{run}/{PlacesText.role}").id)
        near = near_text(inference, documents, new, dataset.tokenize, topn)
        _note_coverage(near.n_known, near.n_words)
        write_neighbors(documents, near.answers, as_json=json)


def classify(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run of a text or image classifier.")],
    text: NewText = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="A file that contains the new text, or an image.")
    ] = None,
    topn: TopN = 10,
    json: Json = False,
) -> None:
    """Predict the label of a new text or image: the probability of each label, and what decided it.

    For a text, these are its words; for an image, its nearest images.
    """
    from embedlab.exploration.new_things.classify import classify_text
    from embedlab.jobs.inference import has_ability, open_with_dataset
    from embedlab.kinds.text.dataset import TextDataset
    from embedlab.models.contract.abilities import Classifies, ClassifiesImages

    with opened_workspace() as workspace:
        if file is not None and has_ability(workspace.run(run), ClassifiesImages):
            classify_image_file(workspace, run, file, topn, as_json=json)
            return
        new = _new_text(workspace, text, file)
        predictor, dataset = open_with_dataset(workspace, run, Classifies, TextDataset)
        classified = classify_text(predictor, new, dataset.tokenize)
    _note_coverage(classified.n_known, classified.n_words)
    if classified.n_read < classified.n_words:
        write_note(f"Only the first {classified.n_read:,} words are read.")
    if json:
        write_json(_as_json(classified))
    else:
        _write_classified(classified)


def _new_text(workspace: Workspace, text: str | None, file: Path | None) -> str:
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


def place(
    embedding: EmbeddingName,
    word: Annotated[str | None, typer.Option("--word", help="An out-of-vocabulary word, on a map of words.")] = None,
    text: NewText = None,
    file: NewFile = None,
    ratings: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            metavar='"ITEM=RATING, ..."',
            help="Somebody with these ratings (choices: without =RATING), on a map of users or items. Can be repeated.",
        ),
    ] = None,
    projection: Annotated[
        str | None, typer.Option("--projection", help="Id of a map of the embedding; default: the newest in 2-D.")
    ] = None,
    topn: TopN = 10,
    json: Json = False,
) -> None:
    """Place a new word, text or person on an existing map, whose points do not move.

    With --json, {"projection", "method", "coordinates", "how", "why", "neighbors": [[key, label, cosine], ...]}. `how`
    is exact on a map that is linear in the vectors (PCA), otherwise amid: the median of the nearest neighbors.
    """
    from embedlab.core.similarity import nearest_to_vector

    if sum((word is not None, text is not None or file is not None, bool(ratings))) != 1:
        raise InputError("The command places one thing.", remedy="Use either --word, --text, --file or --for.")
    with opened_workspace() as workspace:
        row = find_embedding(workspace, embedding)
        chosen = _map_of(workspace, row, projection)
        if word is not None:
            vector = _word_vector(workspace, row, word)
        elif ratings:
            vector = _person_vector(workspace, row, ratings)
        else:
            vector = _text_vector(workspace, row, _new_text(workspace, text, file))
        loaded = workspace.load_embedding(row.id)
        placed = _placed(workspace, chosen, vector)
        answers = nearest_to_vector(loaded, vector, topn)
    coordinates = [float(value) for value in placed.coordinates]
    if json:
        result: dict[str, Any] = {"projection": chosen.id, "method": chosen.method, "coordinates": coordinates}
        near = [[each.key, each.label, float(each.score)] for each in answers]
        write_json({**result, "how": placed.how, "why": placed.why, "neighbors": near})
        return
    write_line(" ".join(f"{value:.6g}" for value in coordinates))
    quality = "exact" if placed.how == "exact" else "an estimate, the median of its nearest neighbors"
    write_note(f"This position is {quality}{f': {placed.why}' if placed.why else ''}.")
    write_table(
        ["key", "label", "cosine"],
        [(each.key, each.label, f"{each.score:.4f}") for each in answers],
        empty="No answers.",
    )


def _map_of(workspace: Workspace, row: EmbeddingRow, projection_id: str | None) -> ProjectionRow:
    if projection_id is not None:
        chosen = workspace.projection(projection_id)
        if chosen.embedding_id != row.id:
            raise ConflictError("The projection belongs to another embedding.", received=projection_id)
        return chosen
    flat = [each for each in workspace.projections(row.id) if each.n_components == 2]
    if not flat:
        raise ConflictError("The embedding has no map in 2-D.", received=row.title, remedy="Create one with project.")
    return flat[-1]


def _placed(workspace: Workspace, projection: ProjectionRow, vector: Vectors) -> Place:
    from embedlab.projections.placing import NeighborPlacer
    from embedlab.projections.registry import METHODS, title_of

    embedding = workspace.load_embedding(projection.embedding_id)
    coordinates = workspace.coordinates(projection.id)
    method = METHODS.get(projection.method)
    placer = NeighborPlacer() if method is None else method.placer(embedding.vectors, coordinates)
    if placer is None:
        title = title_of(projection.method)
        raise InputError(f"A {title} map cannot place new points.", remedy="Choose another map with --projection.")
    return placer.place(embedding, coordinates, vector)


def _run_of(row: EmbeddingRow) -> str:
    if row.run_id is None:
        raise InputError("Imported vectors have no model that computes vectors of something new.", received=row.title)
    return row.run_id


def _refuse_other_role(row: EmbeddingRow, roles: tuple[str, ...], what: str) -> None:
    if row.name not in roles:
        raise InputError(
            f"{what} has a place among {' or '.join(roles)} only.",
            received=row.name,
            remedy=f"Use RUN/{roles[0]}.",
        )


def _word_vector(workspace: Workspace, row: EmbeddingRow, word: str) -> Vectors:
    from embedlab.exploration.new_things.inference import spelled_word, unknown_word_vector
    from embedlab.jobs.inference import open_with_dataset
    from embedlab.kinds.text.dataset import TextDataset
    from embedlab.models.contract.abilities import PlacesWord

    _refuse_other_role(row, (PlacesWord.role,), "A word")
    inference, dataset = open_with_dataset(workspace, _run_of(row), PlacesWord, TextDataset)
    tokenizer = dataset.options.tokenizer
    spelled = spelled_word(word, tokenizer)
    if spelled in workspace.load_embedding(row.id).key_to_index:
        raise InputError("The word is in the vocabulary.", received=spelled, remedy="Its place is that of its point.")
    return unknown_word_vector(inference, word, tokenizer)


def _text_vector(workspace: Workspace, row: EmbeddingRow, text: str) -> Vectors:
    from embedlab.exploration.new_things.inference import text_vector
    from embedlab.jobs.inference import open_with_dataset
    from embedlab.kinds.text.dataset import TextDataset
    from embedlab.models.contract.abilities import PlacesText

    _refuse_other_role(row, (PlacesText.role,), "A text")
    inference, dataset = open_with_dataset(workspace, _run_of(row), PlacesText, TextDataset)
    return text_vector(inference, text, dataset.tokenize)


def _person_vector(workspace: Workspace, row: EmbeddingRow, ratings: list[str]) -> Vectors:
    from embedlab.exploration.new_things.own_ratings import parse_ratings
    from embedlab.jobs.inference import open_recommender

    _refuse_other_role(row, ("users", "items"), "A person")
    recommender = open_recommender(workspace, _run_of(row))
    own = parse_ratings(ratings, recommender.catalog, recommender.rating_scale)
    vector = recommender.fold_in(own).vector
    if vector is None or vector.shape != (row.vector_size,):
        raise InputError(
            "The run has no vectors of new users in the space of these vectors.",
            received=row.title,
            remedy="Choose a run of a model that places new users, such as implicit ALS.",
        )
    return vector
