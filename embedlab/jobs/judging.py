"""Judging what was learned from a dataset by what is kept with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from embedlab.core.embedding import Embedding
from embedlab.core.errors import ConflictError, InputError, TooLargeError
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.core.roles import evaluated_embedding, role
from embedlab.evaluation.analogies import english_analogies, score_analogies
from embedlab.evaluation.checks import MOST_CHECKS, parse_check
from embedlab.evaluation.question_files import Section, read_analogies, read_pairs
from embedlab.evaluation.scores import score_title
from embedlab.evaluation.words import score_word_pairs
from embedlab.jobs.not_computed import JUDGING, NOT_COMPUTED, NotComputed
from embedlab.tasks.yardsticks import Yardsticks, judge
from embedlab.workspace.rows import EmbeddingRow, YardstickRow
from embedlab.workspace.workspace import Workspace
from embedlab.workspace.yardsticks import add_yardstick, yardsticks_of

MOST_FILES = 20
FILE_KINDS = ("pairs", "analogies")


def yardsticks_from(rows: Sequence[YardstickRow]) -> Yardsticks:
    """Return kept yardsticks as evaluation takes them."""
    return Yardsticks(
        pairs={row.id: (row.name, [(a, b, float(score)) for a, b, score in row.content]) for row in _of(rows, "pairs")},
        analogies={
            row.id: (row.name, [Section(name, [(a, b, c, d) for a, b, c, d in asked]) for name, asked in row.content])
            for row in _of(rows, "analogies")
        },
        checks=tuple(parse_check(row.name) for row in _of(rows, "check")),
    )


def _of(rows: Sequence[YardstickRow], kind: str) -> list[YardstickRow]:
    return [row for row in rows if row.kind == kind]


def judge_for_dataset(
    workspace: Workspace,
    dataset_id: str,
    embeddings: Mapping[str, Embedding],
    report: ReportProgress = ignore_progress,
) -> dict[str, Any]:
    """Judge the embedding people look at first by all that applies to its dataset.

    Parameters
    ----------
    embeddings
        Of one run, by name; of documents and users nothing is known to judge by, so without words and items the
        answer is empty.

    Returns
    -------
    What `embedlab.tasks.yardsticks.judge` returns, fit for JSON; what could not be computed has a reason (see
    `embedlab.jobs.not_computed`).
    """
    name = evaluated_embedding(embeddings)
    if name is None:
        return {}
    chosen = embeddings[name]
    yardsticks = yardsticks_from(yardsticks_of(workspace, dataset_id))
    english = role(name).english
    missing = NotComputed()
    whole = missing.attempt(JUDGING, "The judgement", lambda: judge(chosen, yardsticks, english=english, report=report))
    if whole is None:
        # One test that fails must not cost the others: each is asked by itself.
        del missing.reasons[JUDGING]
        whole = _one_by_one(chosen, yardsticks, english, report, missing)
    return missing.among(missing.finite(whole, score_title))


def _one_by_one(
    embedding: Embedding, yardsticks: Yardsticks, english: bool, report: ReportProgress, missing: NotComputed
) -> dict[str, Any]:
    """Judge by each test alone; a reason is added to `missing` for those that fail."""
    alone: list[tuple[str, str, Callable[[], dict[str, Any]]]] = []

    def add(name: str, what: str, ask: Callable[[], dict[str, Any]]) -> None:
        alone.append((name, what, ask))

    if english:
        add("word_pairs", "The scores by pairs of English words", lambda: score_word_pairs(embedding))
        questions = english_analogies()
        add("analogies", "The score by analogies", lambda: {"analogies": score_analogies(embedding, questions)})
    for file_id, (name, pairs) in yardsticks.pairs.items():
        part = Yardsticks({file_id: (name, pairs)}, {})
        add(file_id, f"The score by {name}", partial(judge, embedding, part, english=False))
    for file_id, (name, sections) in yardsticks.analogies.items():
        part = Yardsticks({}, {file_id: (name, sections)})
        add(file_id, f"The score by {name}", partial(judge, embedding, part, english=False))
    if yardsticks.checks:
        part = Yardsticks({}, {}, yardsticks.checks)
        add("checks", "Your own checks", partial(judge, embedding, part, english=False))
    scores: dict[str, Any] = {}
    for number, (name, what, ask) in enumerate(alone):
        report(number / len(alone), "scoring")
        found = missing.attempt(name, what, ask) or {}
        files = {**scores.get("files", {}), **found.get("files", {})}
        scores = {**scores, **found, **({"files": files} if files else {})}
    return scores


def judged_embedding(workspace: Workspace, run_id: str) -> EmbeddingRow | None:
    """Return the embedding of a run that is judged, or None."""
    by_name = {row.name: row for row in workspace.embeddings(run_id=run_id)}
    name = evaluated_embedding(by_name)
    return None if name is None else by_name[name]


def keep_check(workspace: Workspace, dataset_id: str, text: str) -> YardstickRow:
    """Keep an expectation with a dataset.

    Raises
    ------
    InputError
        It cannot be read; see `embedlab.evaluation.checks` for the grammar.
    ConflictError
        It is there already.
    TooLargeError
        There are `MOST_CHECKS` already.
    """
    sentence = str(parse_check(text))
    present = _of(yardsticks_of(workspace, dataset_id), "check")
    if any(row.name == sentence for row in present):
        raise ConflictError("This check is there already.", received=sentence)
    if len(present) >= MOST_CHECKS:
        raise TooLargeError(f"A dataset may have at most {MOST_CHECKS} checks.", remedy="Remove some first.")
    return add_yardstick(workspace, dataset_id, "check", sentence, None)


def keep_file(workspace: Workspace, dataset_id: str, kind: str, path: Path, name: str) -> YardstickRow:
    """Keep a file of pairs or analogies with a dataset.

    Parameters
    ----------
    kind
        pairs or analogies.
    path, name
        The file, and what the user calls it.

    Raises
    ------
    InputError
        It is no such file.
    ConflictError
        A file of this name is there already.
    TooLargeError
        It is too large, or there are `MOST_FILES` already.
    """
    if kind not in FILE_KINDS:
        raise InputError("A file to judge by holds pairs or analogies.", received=kind)
    present = [row for row in yardsticks_of(workspace, dataset_id) if row.kind in FILE_KINDS]
    if any(row.name == name for row in present):
        raise ConflictError("A file of this name is there already.", received=name, remedy="Remove it first.")
    if len(present) >= MOST_FILES:
        raise TooLargeError(f"A dataset may have at most {MOST_FILES} such files.", remedy="Remove one first.")
    content: Any = read_pairs(path) if kind == "pairs" else read_analogies(path)
    return add_yardstick(workspace, dataset_id, kind, name, content)


def current_scores(scores: Mapping[str, Any], rows: Sequence[YardstickRow]) -> dict[str, Any]:
    """Return the scores of a run without those by checks and files that have changed since.

    Scores of different checks, or of a file that is gone, are not to be compared.
    """
    kept = {row.id for row in rows}
    present = dict(scores)
    if isinstance(files := scores.get("files"), Mapping):
        present["files"] = {file_id: score for file_id, score in files.items() if file_id in kept}
    if isinstance(checks := scores.get("checks"), Mapping):
        asked = {str(result.get("check")) for result in checks.get("results", [])}
        if asked != {row.name for row in _of(rows, "check")}:
            del present["checks"]
    return present


def is_judged(scores: Mapping[str, Any], rows: Sequence[YardstickRow]) -> bool:
    """Tell whether a run's scores cover all that is kept with its dataset now.

    What was asked and could not be computed counts as judged: asking again would find the same.
    """
    current = current_scores(scores, rows)
    present = {*current, *(current.get("files") or {}), *scores.get(NOT_COMPUTED, {})}
    wanted = {row.id for row in rows if row.kind in FILE_KINDS} | ({"checks"} if _of(rows, "check") else set())
    return wanted <= present
