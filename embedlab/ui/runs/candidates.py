"""Choosing runs and imported vectors of any dataset; the choice is in the URL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from embedlab.core.errors import NotFoundError
from embedlab.core.plain import one_line
from embedlab.core.roles import role
from embedlab.jobs.candidates import Candidate, can_be_evaluated, candidate
from embedlab.ui.shell import current, resources
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.widgets import address, long_lists
from embedlab.workspace import listing
from embedlab.workspace.rows import EmbeddingRow

_NAME = "compared"


def in_url(most: int) -> list[Candidate]:
    """Return the runs and embeddings in the URL, without deleted ones."""
    return opened(address.read_list(_NAME, most))


def put_in_url(names: Sequence[str]) -> None:
    """Store ids of runs and embeddings in the URL."""
    address.write_list(_NAME, list(names))


def offered(chosen: Sequence[Candidate], search_key: str) -> dict[str, str]:
    """Return the titles of the newest embeddings by id, with the chosen ones; draw a search field if there are more."""
    workspace = resources.workspace()
    newest = listing.find_embeddings(workspace, most=long_lists.MOST_OPTIONS)
    words = long_lists.search_if_more(newest.n_found, search_key, "embeddings")
    matches = listing.find_embeddings(workspace, words, most=long_lists.MOST_OPTIONS) if words.strip() else newest
    titles = {row.id: one_line(row.title or row.name, 80) for row in matches.rows}
    for each in chosen:
        titles.setdefault(each.id, one_line(each.title, 80))
    return unique_names(titles)


def pair(chosen: Sequence[Candidate], titles: Mapping[str, str]) -> list[str]:
    """Return the ids of two embeddings to compare: the chosen ones, completed by those that are likely to share keys.

    Without chosen ones, the first is the current embedding.

    Parameters
    ----------
    titles
        The offered embeddings by id, the newest first; at least two.
    """
    ids = [each.id for each in chosen] or [_first(titles)]
    if len(ids) < 2:
        first = chosen[0].embedding if chosen else resources.workspace().embedding(ids[0])
        rows = listing.find_embeddings(resources.workspace(), most=long_lists.MOST_OPTIONS).rows
        # A chosen run has another id than its embedding.
        known = {*ids, *([first.id] if first is not None else [])}
        others = [row for row in rows if row.id in titles and row.id not in known]
        ids += [row.id for row in sorted(others, key=lambda row: _likeness(first, row), reverse=True)]
        ids += [row_id for row_id in titles if row_id not in ids]
    return ids[:2]


def _first(titles: Mapping[str, str]) -> str:
    """Return the current embedding if it is offered, otherwise the newest one."""
    now = current.current_embedding()
    return now.id if now is not None and now.id in titles else next(iter(titles))


def _likeness(first: EmbeddingRow | None, other: EmbeddingRow) -> tuple[bool, bool, bool]:
    """Return whether two embeddings are of the same things of one dataset, of the same things, or both of words."""
    if first is None:
        return False, False, False
    has_name = first.name == other.name
    # Imported vectors have no name for their keys: most often they are words.
    may_be_words = role(first.name).starts_text and role(other.name).starts_text
    return has_name and first.dataset_id is not None and first.dataset_id == other.dataset_id, has_name, may_be_words


def opened(names: Sequence[str]) -> list[Candidate]:
    """Return the runs and embeddings with these ids, without deleted ones."""
    found = []
    for name in names:
        with suppress(NotFoundError):
            found.append(candidate(resources.jobs(), name))
    return found


def newest_evaluated(most: int) -> list[str]:
    """Return the ids of the newest embeddings that tests can evaluate, one for each run."""
    rows = listing.find_embeddings(resources.workspace(), most=long_lists.MOST_OPTIONS).rows
    return [row.id for row in rows if can_be_evaluated(row)][:most]
