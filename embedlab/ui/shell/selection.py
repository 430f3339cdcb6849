"""The one current selection: a dataset, a run on it, and an embedding of that run. Pure functions, no Streamlit.

What an address says has priority over what the session remembers, and in each of them the most specific level has
priority: an embedding determines its run, and a run determines its dataset. Levels that nobody names follow from the
level above. Whatever an address says that is not shown is corrected, with a sentence for the user.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from embedlab.core.plain import one_line
from embedlab.core.roles import display_order
from embedlab.workspace.rows import DatasetRow, EmbeddingRow, ProjectionRow, RunRow, Status

#: The levels, from the general to the specific.
LEVELS = ("dataset", "run", "embedding")
#: Everything that an address says about the current selection.
NAMES = (*LEVELS, "projection", "key", "color")
#: What belongs to one embedding.
OF_EMBEDDING = ("projection", "key", "color")
_LONGEST_NAME = 60


class Source(Protocol):
    """Rows of the workspace; each method returns None, or an empty list, for what does not exist."""

    def dataset(self, row_id: str) -> DatasetRow | None:
        """Return a dataset."""

    def run(self, row_id: str) -> RunRow | None:
        """Return a run."""

    def embedding(self, row_id: str) -> EmbeddingRow | None:
        """Return an embedding by its id, or by `RUN/name`."""

    def projection(self, row_id: str) -> ProjectionRow | None:
        """Return a projection."""

    def newest_dataset(self) -> DatasetRow | None:
        """Return the newest dataset."""

    def newest_run(self, dataset_id: str) -> RunRow | None:
        """Return the newest run on a dataset, whatever its status."""

    def newest_embedding(self, dataset_id: str | None = None) -> EmbeddingRow | None:
        """Return the newest embedding of a dataset, or of the workspace."""

    def embeddings_of_run(self, run_id: str) -> Sequence[EmbeddingRow]:
        """Return the embeddings of a run."""


class Gap(StrEnum):
    """Why a selection has no embedding."""

    EMPTY = "empty"
    UNTRAINED = "untrained"
    TRAINING = "training"
    STOPPED = "stopped"
    DELETED = "deleted"


@dataclass(frozen=True)
class Selection:
    """The current selection. The run belongs to the dataset, and the embedding to the run, if there are any.

    Parameters
    ----------
    dataset, run, embedding
        None if there is none; imported vectors have no run.
    projection, key, color
        As in the address, only for this embedding; keys and colors are not validated.
    corrections
        Sentences about parts of the address that are not shown.
    """

    dataset: DatasetRow | None = None
    run: RunRow | None = None
    embedding: EmbeddingRow | None = None
    projection: str | None = None
    key: str | None = None
    color: str | None = None
    corrections: tuple[str, ...] = ()

    def id_of(self, level: str) -> str | None:
        """Return the id of a level, or None."""
        row: DatasetRow | RunRow | EmbeddingRow | None = getattr(self, level)
        return None if row is None else row.id

    @property
    def gap(self) -> Gap | None:
        """Why there is no embedding; None if there is one."""
        if self.embedding is not None:
            return None
        if self.run is None:
            return Gap.EMPTY if self.dataset is None else Gap.UNTRAINED
        if self.run.status.is_active:
            return Gap.TRAINING
        return Gap.DELETED if self.run.status == Status.SUCCEEDED else Gap.STOPPED


def in_order(rows: Sequence[EmbeddingRow]) -> list[EmbeddingRow]:
    """Return the embeddings of a run in display order: documents before words, the largest of a role first."""
    places = {name: place for place, name in enumerate(display_order({row.name: row.n_keys for row in rows}))}
    return sorted(rows, key=lambda row: places[row.name])


def resolve(address: Mapping[str, str], session: Mapping[str, str], source: Source) -> Selection:
    """Return the one current selection, and what of the address had to be corrected.

    Parameters
    ----------
    address, session
        Values by name, see `NAMES`. They come from anybody and are not trusted.
    source
        The workspace.
    """
    corrections: list[str] = []
    chain = _named(address, source, corrections)
    remembered = _named(session, source, [])
    is_named = chain is not None
    if chain is None:
        chain = remembered or _newest(source)
    elif remembered is not None:
        chain = _filled(chain, remembered)
    chain = _completed(chain, source)
    shown = chain.embedding or chain.run or chain.dataset
    if corrections and not is_named and shown is not None:
        corrections.append(f"You see {_name(shown)} instead.")
    values = _of_embedding(address, session, remembered, chain, source, corrections)
    return Selection(chain.dataset, chain.run, chain.embedding, *values, tuple(corrections))


@dataclass(frozen=True)
class _Chain:
    """Rows that belong together; None for levels that are not named."""

    dataset: DatasetRow | None = None
    run: RunRow | None = None
    embedding: EmbeddingRow | None = None


def _named(values: Mapping[str, str], source: Source, corrections: list[str]) -> _Chain | None:
    """Return what the most specific existing value names; None if nothing that it names exists."""
    found: dict[str, DatasetRow | RunRow | EmbeddingRow] = {}
    lookups = {"dataset": source.dataset, "run": source.run, "embedding": source.embedding}
    missing: list[str] = []
    for level in reversed(LEVELS):
        if not values.get(level):
            continue
        row = lookups[level](values[level])
        if row is None:
            missing.append(level)
        else:
            found[level] = row
    if missing:
        corrections.append(_missing_sentence(missing))
    embedding = found.get("embedding")
    if embedding is None and "embedding" not in missing and (projection_id := values.get("projection")):
        # A link to a map names its embedding too.
        projection = source.projection(projection_id)
        embedding = source.embedding(projection.embedding_id) if projection is not None else None
    chain = _above(embedding or found.get("run") or found.get("dataset"), source)
    if chain is not None:
        corrections.extend(_contradictions(found, chain))
    return chain


def _above(row: DatasetRow | RunRow | EmbeddingRow | None, source: Source) -> _Chain | None:
    """Return a row with the run and the dataset that it belongs to."""
    if row is None:
        return None
    if isinstance(row, DatasetRow):
        return _Chain(row)
    if isinstance(row, RunRow):
        return _Chain(source.dataset(row.dataset_id), row)
    run = source.run(row.run_id) if row.run_id else None
    dataset_id = row.dataset_id or (run.dataset_id if run is not None else None)
    return _Chain(source.dataset(dataset_id) if dataset_id else None, run, row)


def _missing_sentence(missing: Sequence[str]) -> str:
    names = [level for level in LEVELS if level in missing]
    nouns = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    verb = "does not exist or was" if len(missing) == 1 else "do not exist or were"
    return f"The {nouns} in this link {verb} deleted."


def _contradictions(found: Mapping[str, DatasetRow | RunRow | EmbeddingRow], chain: _Chain) -> list[str]:
    """Return a sentence for each level at which the address names another row than the one shown."""
    shown = chain.embedding or chain.run
    noun = "embedding" if chain.embedding is not None else "run"
    sentences = []
    for level in LEVELS:
        row, actual = found.get(level), getattr(chain, level)
        if row is None or row is shown or (actual is not None and actual.id == row.id) or shown is None:
            continue
        belongs = f"belongs to {_name(actual)}" if actual is not None else f"belongs to no {level}"
        sentences.append(
            f"This link names the {level} {_name(row)}, but its {noun} {belongs}. You see the {noun} {_name(shown)}."
        )
    return sentences


def _filled(chain: _Chain, remembered: _Chain) -> _Chain:
    """Return `chain` with the remembered levels below it, as far as they belong to it."""
    for level in reversed(LEVELS):
        row = getattr(chain, level)
        if row is not None:
            same = getattr(remembered, level)
            return remembered if same is not None and same.id == row.id else chain
    return chain


def _newest(source: Source) -> _Chain:
    """Return the newest embedding, or the newest dataset if that is newer."""
    dataset, embedding = source.newest_dataset(), source.newest_embedding()
    if embedding is not None and (dataset is None or embedding.created_at >= dataset.created_at):
        run_only = source.run(embedding.run_id) if embedding.run_id else None
        return _above(run_only or embedding, source) or _Chain()
    return _Chain(dataset)


def _completed(chain: _Chain, source: Source) -> _Chain:
    """Return `chain` with the levels below it: the newest run that has an embedding, and its first embedding."""
    if chain.embedding is not None:
        return chain
    if chain.run is not None:
        rows = in_order(source.embeddings_of_run(chain.run.id))
        return _Chain(chain.dataset, chain.run, rows[0] if rows else None)
    if chain.dataset is None:
        return chain
    newest = source.newest_embedding(chain.dataset.id)
    if newest is None:
        return _Chain(chain.dataset, source.newest_run(chain.dataset.id))
    run = source.run(newest.run_id) if newest.run_id else None
    if run is None:
        return _Chain(chain.dataset, None, newest)
    return _completed(_Chain(chain.dataset, run), source)


def _of_embedding(
    address: Mapping[str, str],
    session: Mapping[str, str],
    remembered: _Chain | None,
    chain: _Chain,
    source: Source,
    corrections: list[str],
) -> tuple[str | None, str | None, str | None]:
    """Return projection, key and color; those of the session only if its embedding is the current one."""
    if chain.embedding is None:
        return None, None, None
    before = remembered.embedding if remembered is not None else None
    is_same = before is not None and before.id == chain.embedding.id
    # A key without an embedding is a link to a word, wherever it is found.
    projection, key, color = (address.get(name) or (session.get(name) if is_same else None) for name in OF_EMBEDDING)
    if projection is not None:
        row = source.projection(projection)
        if row is None or row.embedding_id != chain.embedding.id:
            if projection == address.get("projection"):
                reason = "does not exist or was deleted" if row is None else "belongs to another embedding"
                corrections.append(f"The map in this link {reason}.")
            projection = None
    return projection, key or None, color or None


def _name(row: DatasetRow | RunRow | EmbeddingRow) -> str:
    text = row.title or row.name if isinstance(row, EmbeddingRow) else row.name
    return f"“{one_line(text, _LONGEST_NAME)}”"
