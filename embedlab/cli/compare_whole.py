"""`compare` without a query: two runs or embeddings in detail, or the scores of several in one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import opened_jobs
from embedlab.core.errors import ParameterError, TooLargeError

if TYPE_CHECKING:
    from embedlab.evaluation.score import Score
    from embedlab.exploration.two_embeddings import Agreement
    from embedlab.jobs.candidates import Candidate, TableColumn
    from embedlab.jobs.two_runs import ScorePair, TwoRuns


def compare_whole(names: Sequence[str], topn: int, *, as_json: bool) -> None:
    """Compare two candidates in detail, or write the scores of more of them as a table.

    Raises
    ------
    ParameterError, TooLargeError
        There is only one, or there are too many.
    """
    from embedlab.jobs.candidates import MOST_CANDIDATES, candidate, score_table
    from embedlab.jobs.two_runs import compare_two

    if len(names) < 2:
        raise ParameterError(
            "A comparison needs at least two runs or embeddings.", received=names[0], remedy="Add another one."
        )
    if len(names) > MOST_CANDIDATES:
        raise TooLargeError(f"At most {MOST_CANDIDATES} can be compared.", received=len(names), remedy="Name fewer.")
    with opened_jobs() as jobs:
        candidates = [candidate(jobs, name) for name in names]
        if len(candidates) > 2:
            table = score_table(candidates)
            (_write_table_json if as_json else _write_score_table)(candidates, table)
            return
        result = compare_two(jobs.workspace, candidates[0], candidates[1], topn)
    if as_json:
        write_json(_as_json(candidates, result))
    else:
        _write(candidates, result)


def _write(candidates: Sequence[Candidate], result: TwoRuns) -> None:
    for number, each in enumerate(candidates, 1):
        write_line(f"{number}  {each.id}  {each.title}{_of_dataset(each)}")
    if result.settings:
        write_line()
        rows = [(_title(candidates, name), name, *map(_text, values)) for name, values in result.settings.items()]
        write_table(["setting", "name", "1", "2"], rows, empty="")
    write_line()
    write_table(
        ["score", "1", "2", "1 - 2", "95 % interval", "note"],
        [_score_row(each) for each in result.scores],
        empty="Neither has a score with enough cases.",
    )
    write_line()
    if result.agreement is None:
        write_note(result.refusal)
        return
    write_line(agreement_sentence(result.agreement))
    write_table(
        ["changed most", "shared", "neighbors in 1", "neighbors in 2"],
        [
            (each.label, f"{each.share:.0%}", ", ".join(each.first_neighbors), ", ".join(each.second_neighbors))
            for each in result.agreement.changes
        ],
        empty="",
    )


def agreement_sentence(found: Agreement) -> str:
    """Return the overlap with its interval, chance, and what it was computed on."""
    interval = "" if found.interval is None else f" (95 % interval {found.interval[0]:.1%} to {found.interval[1]:.1%})"
    return (
        f"{found.overlap:.1%} of the {found.topn} nearest neighbors are the same{interval}; chance is "
        f"{found.chance:.2%}. {found.n_compared:,} of {found.n_shared:,} shared keys compared."
    )


def _score_row(each: ScorePair) -> tuple[object, ...]:
    if each.paired is not None:
        interval = each.paired.interval
        note = f"on the {each.paired.n_cases:,} pairs that both know"
        bounds = "" if interval is None else f"{interval[0]:+.3f} to {interval[1]:+.3f}"
        return (each.title, each.paired.first, each.paired.second, f"{each.paired.difference:+.3f}", bounds, note)
    difference = "" if each.difference is None else f"{each.difference:+.3f}"
    note = f"not comparable: {each.not_comparable}" if each.not_comparable else ""
    return (each.title, _value(each.first), _value(each.second), difference, "", note)


def _value(score: Score | None) -> float | None:
    return None if score is None or not score.meaningful else score.value


def _of_dataset(each: Candidate) -> str:
    return "" if each.dataset is None else f" ({each.dataset.name})"


def _title(candidates: Sequence[Candidate], name: str) -> str:
    from embedlab.core.parameters import spelled_out
    from embedlab.models.registry import MODELS

    models = [MODELS[each.run.model] for each in candidates if each.run is not None and each.run.model in MODELS]
    known = (model.parameters_class for model in models if name in model.parameters_class.model_fields)
    found = next(known, None)
    return spelled_out(name) if found is None else found.title_of(name)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _as_json(candidates: Sequence[Candidate], result: TwoRuns) -> dict[str, Any]:
    return {
        "candidates": _candidates_as_json(candidates),
        "settings": {name: list(values) for name, values in result.settings.items()},
        "scores": {
            each.name: {
                "title": each.title,
                "values": [_value(each.first), _value(each.second)],
                "difference": each.difference,
                "paired": None if each.paired is None else {**asdict(each.paired), "difference": each.difference},
                "not_comparable": each.not_comparable or None,
            }
            for each in result.scores
        },
        "agreement": None if result.agreement is None else asdict(result.agreement),
        "refusal": result.refusal or None,
    }


def _candidates_as_json(candidates: Sequence[Candidate]) -> list[dict[str, Any]]:
    return [
        {
            "title": each.title,
            "embedding": None if each.embedding is None else each.embedding.id,
            "run": None if each.run is None else each.run.id,
            "dataset": each.origin.dataset_id,
            "protocol": each.origin.protocol_id,
        }
        for each in candidates
    ]


def _write_score_table(candidates: Sequence[Candidate], table: dict[str, TableColumn]) -> None:
    rows = [
        (each.id, each.title, _dataset_name(each), *(_cell(column, place) for column in table.values()))
        for place, each in enumerate(candidates)
    ]
    write_table(["id", "title", "dataset", *(column.title for column in table.values())], rows, empty="")
    if any(column.best for column in table.values()):
        write_note("* the best of its column.")
    reasons = sorted({note for column in table.values() for note in column.notes if note})
    if reasons:
        write_note(f"Scores in parentheses cannot be compared with the first of their column: {', '.join(reasons)}.")


def _dataset_name(each: Candidate) -> str:
    return "" if each.dataset is None else each.dataset.name


def _cell(column: TableColumn, place: int) -> str:
    score = column.scores[place]
    if score is None or score.value is None:
        return ""
    text = f"{score.value:.3f}{'*' if place in column.best else ''}"
    return f"({text})" if column.notes[place] else text


def _write_table_json(candidates: Sequence[Candidate], table: dict[str, TableColumn]) -> None:
    write_json(
        {
            "candidates": _candidates_as_json(candidates),
            "scores": {
                name: {
                    "title": column.title,
                    "values": [_value(score) for score in column.scores],
                    "not_comparable": [note or None for note in column.notes],
                    "best": sorted(column.best),
                }
                for name, column in table.items()
            },
        }
    )
