"""Out-of-vocabulary words for runs with subword vectors; shared by the pages and the map's routes."""

from __future__ import annotations

from dataclasses import dataclass

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.plain import one_line
from embedlab.core.similarity import Answer, nearest_to_vector
from embedlab.exploration.new_things.inference import LONGEST_WORD, spelled_word, unknown_word_vector
from embedlab.jobs.inference import has_ability, open_with_dataset
from embedlab.kinds.text.dataset import TextDataset
from embedlab.kinds.text.tokens.tokenizing import TokenizerOptions
from embedlab.models.contract.abilities import PlacesWord
from embedlab.projections.placing import NeighborPlacer, Place, Placer
from embedlab.projections.registry import METHODS, title_of
from embedlab.ui.map import isolated
from embedlab.ui.shell import resources
from embedlab.ui.shell.runs import run_of
from embedlab.workspace.rows import EmbeddingRow


@dataclass(frozen=True)
class PlacedWord:
    """An out-of-vocabulary word on a map.

    Parameters
    ----------
    word
        Normalized as in the dataset, on one line, without characters that change the text direction.
    place
        Its position, and how that was computed.
    nearest
        Its nearest neighbors, nearest first.
    """

    word: str
    place: Place
    nearest: list[Answer]


def has_subwords(row: EmbeddingRow) -> bool:
    """Return whether the run of an embedding can compute vectors of out-of-vocabulary words."""
    run = run_of(row) if row.name == PlacesWord.role else None
    return run is not None and has_ability(run, PlacesWord)


def word_inference(run_id: str) -> tuple[PlacesWord, TokenizerOptions]:
    """Open the subword vectors of a run and the tokenizer options of its dataset; raises as the jobs do."""
    # No spinner: routes call this too, and they have no page.
    workspace = resources.workspace()

    def open_it() -> tuple[PlacesWord, TokenizerOptions]:
        placing, dataset = open_with_dataset(workspace, run_id, PlacesWord, TextDataset)
        return placing, dataset.options.tokenizer

    return resources.open_cached("word-inference", run_id, open_it)


def _placer(projection_id: str) -> Placer | None:
    projection = resources.workspace().projection(projection_id)
    method = METHODS.get(projection.method)
    if method is None:
        # A method of another version: its points are there, and nearest neighbors are found without it.
        return NeighborPlacer()
    embedding = isolated.load_points(isolated.source_of(projection))
    return method.placer(embedding.vectors, resources.workspace().coordinates(projection_id))


def open_placer(projection_id: str) -> Placer | None:
    """Return what places new vectors on a map, opened once; None if its method cannot place any."""
    return resources.open_cached("placer", projection_id, lambda: _placer(projection_id))


def normalized_word(row: EmbeddingRow, text: str) -> str:
    """Return a word normalized as in the dataset of the embedding's run, without invisible characters.

    Raises
    ------
    InputError, ConflictError, NotFoundError, StorageError
        The run has no subword vectors, it or its dataset was deleted, or the word is too long.
    """
    _, tokenizer = word_inference(str(row.run_id))
    # The limit is higher than allowed, so that a word that is too long is rejected instead of truncated.
    return spelled_word(one_line(text, 2 * LONGEST_WORD), tokenizer)


def _normalized_or_none(row: EmbeddingRow, text: str) -> str | None:
    """Return the normalized word; None if the run has no subword vectors or rejects the word."""
    if not has_subwords(row):
        return None
    try:
        return normalized_word(row, text)
    except EmbedLabError:
        return None


def key_of(row: EmbeddingRow, embedding: Embedding, text: str) -> str | None:
    """Return the key of `text`, normalized if necessary; None if it is not in the vocabulary."""
    if text in embedding.key_to_index:
        return text
    word = _normalized_or_none(row, text)
    return word if word in embedding.key_to_index else None


def placeable(row: EmbeddingRow, embedding: Embedding, text: str) -> str | None:
    """Return `text` normalized if it is out of vocabulary and subwords may place it on a map; otherwise None."""
    word = _normalized_or_none(row, text)
    return word if word and word not in embedding.key_to_index else None


def place_word(projection_id: str, text: str, topn: int, min_count: int = 0) -> PlacedWord:
    """Place an out-of-vocabulary word on a map.

    Parameters
    ----------
    projection_id
        A map of the word vectors of a run with subword vectors.
    text
        The word as typed by the user.
    topn
        Number of nearest neighbors to return.
    min_count
        Leave out neighbors that occur less often.

    Raises
    ------
    InputError
        None of its subwords is known, it is in the vocabulary, the run has no subword vectors, or the projection
        method cannot place new points.
    TooLargeError
        The word is too long.
    ConflictError, NotFoundError, StorageError
        The run, its dataset or the map does not exist.
    """
    projection = resources.workspace().projection(projection_id)
    row = resources.workspace().embedding(projection.embedding_id)
    if not has_subwords(row):
        raise InputError(
            "This model has no subword vectors.", remedy="Train fastText to place out-of-vocabulary words."
        )
    embedding = isolated.load_points(isolated.source_of(projection))
    word = normalized_word(row, text)
    if word in embedding.key_to_index:
        raise InputError("The word is in the vocabulary.", received=word, remedy="Search for it.")
    inference, tokenizer = word_inference(str(row.run_id))
    vector = unknown_word_vector(inference, word, tokenizer)
    coordinates = resources.workspace().coordinates(projection_id)
    placer = open_placer(projection_id)
    if placer is None:
        title = title_of(projection.method)
        raise InputError(f"A {title} map cannot place new points.", remedy="Choose another map.")
    place = placer.place(embedding, coordinates, vector)
    return PlacedWord(word, place, nearest_to_vector(embedding, vector, topn, min_count=min_count))
