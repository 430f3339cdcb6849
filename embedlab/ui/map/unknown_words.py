"""Words outside the vocabulary, where the run knows the parts of words: what pages and the map's routes share."""

from __future__ import annotations

from dataclasses import dataclass

from embedlab.core.embedding import Embedding
from embedlab.core.errors import EmbedLabError, InputError
from embedlab.core.plain import one_line
from embedlab.core.similarity import Answer, nearest_to_vector
from embedlab.exploration.new_things.inference import LONGEST_WORD, spelled_word, unknown_word_vector
from embedlab.jobs.inference import has_ability, open_with_dataset
from embedlab.kinds.text.dataset import TextDataset
from embedlab.kinds.text.tokenizing import TokenizerOptions
from embedlab.models.contract.abilities import PlacesWord
from embedlab.projections.placing import NeighborPlacer, Place, Placer
from embedlab.projections.registry import METHODS, title_of
from embedlab.ui.shell import resources
from embedlab.ui.shell.runs import run_behind
from embedlab.workspace.rows import EmbeddingRow


@dataclass(frozen=True)
class PlacedWord:
    """A word outside the vocabulary on a map.

    Parameters
    ----------
    word
        As the dataset would write it, on one line and without characters that turn the direction of reading.
    place
        Where it lies, and how that was found.
    nearest
        The words most similar to it, the nearest first.
    """

    word: str
    place: Place
    nearest: list[Answer]


def knows_parts(row: EmbeddingRow) -> bool:
    """Tell whether the run behind an embedding makes vectors of unknown words."""
    run = run_behind(row) if row.name == PlacesWord.role else None
    return run is not None and has_ability(run, PlacesWord)


def word_inference(run_id: str) -> tuple[PlacesWord, TokenizerOptions]:
    """Open what a run knows of the parts of words, and how its dataset takes texts apart; raises as the jobs do."""
    # Without a spinner: routes ask as well, where there is no page.
    workspace = resources.workspace()

    def opened() -> tuple[PlacesWord, TokenizerOptions]:
        placing, dataset = open_with_dataset(workspace, run_id, PlacesWord, TextDataset)
        return placing, dataset.options.tokenizer

    return resources.opened("word-inference", run_id, opened)


def _placer(projection_id: str) -> Placer | None:
    projection = resources.workspace().projection(projection_id)
    method = METHODS.get(projection.method)
    if method is None:
        # A method of another version: its points are there, and nearest neighbors are found without it.
        return NeighborPlacer()
    embedding = resources.load_embedding(projection.embedding_id)
    return method.placer(embedding.vectors, resources.workspace().coordinates(projection_id))


def spelled(row: EmbeddingRow, text: str) -> str:
    """Return a word as the dataset of the embedding's run would write it, without characters that cannot be seen.

    Raises
    ------
    InputError, ConflictError, NotFoundError, StorageError
        The run knows no parts of words, it or its dataset is gone, or the word is too long.
    """
    _, tokenizer = word_inference(str(row.run_id))
    # Longer than allowed: a word that is too long is refused, and not made another word by cutting it.
    return spelled_word(one_line(text, 2 * LONGEST_WORD), tokenizer)


def _spelled_if_known(row: EmbeddingRow, text: str) -> str | None:
    """Return what `spelled` does; None where the run knows no parts of words, or refuses this one."""
    if not knows_parts(row):
        return None
    try:
        return spelled(row, text)
    except EmbedLabError:
        return None


def key_of(row: EmbeddingRow, embedding: Embedding, text: str) -> str | None:
    """Return the key that `text` is when it is written as the dataset's words are; None when there is none."""
    if text in embedding.key_to_index:
        return text
    word = _spelled_if_known(row, text)
    return word if word in embedding.key_to_index else None


def placeable(row: EmbeddingRow, embedding: Embedding, text: str) -> str | None:
    """Return the word that `text` is if the vocabulary does not hold it and its parts may place it on a map."""
    word = _spelled_if_known(row, text)
    return word if word and word not in embedding.key_to_index else None


def place_word(projection_id: str, text: str, topn: int) -> PlacedWord:
    """Place a word outside the vocabulary on a map.

    Parameters
    ----------
    projection_id
        Of a map of the words of a run that knows the parts of words.
    text
        The word, as somebody typed it.
    topn
        How many of the nearest to tell.

    Raises
    ------
    InputError
        None of the word's parts is known, it is in the vocabulary, the run knows no parts of words, or the method of
        the map has no place for new points.
    TooLargeError
        It is too long.
    ConflictError, NotFoundError, StorageError
        The run, its dataset or the map is not there (any more).
    """
    projection = resources.workspace().projection(projection_id)
    row = resources.workspace().embedding(projection.embedding_id)
    if not knows_parts(row):
        raise InputError("This run knows no parts of words.", remedy="Train fastText to place unknown words.")
    embedding = resources.load_embedding(row.id)
    word = spelled(row, text)
    if word in embedding.key_to_index:
        raise InputError("The word is in the vocabulary.", received=word, remedy="Search for it.")
    inference, tokenizer = word_inference(str(row.run_id))
    vector = unknown_word_vector(inference, word, tokenizer)
    coordinates = resources.workspace().coordinates(projection_id)
    placer = resources.opened("placer", projection_id, lambda: _placer(projection_id))
    if placer is None:
        title = title_of(projection.method)
        raise InputError(f"A map by {title} has no place for new points.", remedy="Choose another map.")
    placed = placer.place(embedding, coordinates, vector)
    return PlacedWord(word, placed, nearest_to_vector(embedding, vector, topn))
