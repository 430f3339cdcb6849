"""`judge`, `checks`, `compare-runs`: evaluation of embeddings and comparison of runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.asking.queries import EmbeddingName
from embedlab.cli.flags import Json
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.scores import write_tests
from embedlab.cli.work import find_embedding, follow, opened_jobs, opened_workspace
from embedlab.core.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from embedlab.evaluation.score import Score
    from embedlab.jobs.comparison import Comparison
    from embedlab.tasks.yardsticks import Yardsticks
    from embedlab.workspace.rows import EmbeddingRow, YardstickRow
    from embedlab.workspace.workspace import Workspace

DatasetId = Annotated[str, typer.Argument(metavar="DATASET", help="Id of a dataset.")]
PairsFile = Annotated[
    Path | None,
    typer.Option("--pairs", metavar="FILE", help="Word pairs with scores: two words and a number per line."),
]
AnalogiesFile = Annotated[
    Path | None,
    typer.Option("--analogies", metavar="FILE", help="Analogies: four words per line, ': name' before a section."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(judge)
    app.command()(checks)
    app.command("compare-runs")(compare_runs)


def judge(
    embedding: EmbeddingName, pairs: PairsFile = None, analogies: AnalogiesFile = None, json: Json = False
) -> None:
    """Score an embedding by word pairs, analogies, and the checks and files stored with its dataset."""
    from embedlab.core.roles import role
    from embedlab.tasks.yardsticks import judge as score_embedding

    with opened_workspace() as workspace:
        row = find_embedding(workspace, embedding)
        yardsticks = _yardsticks(workspace, row, pairs, analogies)
        scores = score_embedding(
            workspace.load_embedding(row.id),
            yardsticks,
            english=role(row.name).english,
        )
    if json:
        write_json(scores)
    else:
        write_tests(scores, empty="There is no test for this embedding.")


def _yardsticks(workspace: Workspace, row: EmbeddingRow, pairs: Path | None, analogies: Path | None) -> Yardsticks:
    """Return the tests stored with the embedding's dataset, and those in the files `pairs` and `analogies`."""
    from embedlab.evaluation.question_files import read_analogies, read_pairs
    from embedlab.jobs.judging import yardsticks_from
    from embedlab.tasks.yardsticks import Yardsticks
    from embedlab.workspace.yardsticks import yardsticks_of

    stored = yardsticks_from(yardsticks_of(workspace, row.dataset_id) if row.dataset_id else [])
    new_pairs = {"pairs": (pairs.name, read_pairs(_file(pairs)))} if pairs else {}
    new_analogies = {"analogies": (analogies.name, read_analogies(_file(analogies)))} if analogies else {}
    return Yardsticks({**stored.pairs, **new_pairs}, {**stored.analogies, **new_analogies}, stored.checks)


def _file(path: Path) -> Path:
    if not path.is_file():
        raise NotFoundError("There is no such file.", received=str(path), remedy="Check the path.")
    return path


def checks(
    dataset: DatasetId,
    add: Annotated[
        list[str] | None,
        typer.Option("--add", metavar="CHECK", help='For example "hotel near resort"; can be repeated.'),
    ] = None,
    pairs: PairsFile = None,
    analogies: AnalogiesFile = None,
    remove: Annotated[int | None, typer.Option("--remove", metavar="N", help="Number of the entry to remove.")] = None,
    json: Json = False,
) -> None:
    """List, add and remove your own tests for embeddings of a dataset: checks, word pairs and analogies.

    A check is "A near B", "A near B within 20", "A far from B", "A far from B beyond 500" or "A nearer B than C"; near
    means among the 10 nearest. They apply to every new run; compare-runs --judge applies them to earlier runs.
    """
    from embedlab.evaluation.checks import parse_check
    from embedlab.jobs.judging import keep_check, keep_file
    from embedlab.workspace.yardsticks import remove_yardstick, yardsticks_of

    # All are parsed before any is stored, so that a typo stores nothing.
    for text in add or []:
        parse_check(text)
    with opened_workspace() as workspace:
        row = workspace.dataset(dataset)
        if remove is not None:
            remove_yardstick(workspace, row.id, _numbered(yardsticks_of(workspace, row.id), remove).id)
        for text in add or []:
            keep_check(workspace, row.id, text)
        for kind, file in (("pairs", pairs), ("analogies", analogies)):
            if file is not None:
                keep_file(workspace, row.id, kind, _file(file), file.name)
        stored = yardsticks_of(workspace, row.id)
    if json:
        write_json(
            [{"number": n, "id": each.id, "kind": each.kind, "name": each.name} for n, each in enumerate(stored, 1)]
        )
        return
    write_table(
        ["number", "kind", "name"],
        [(number, each.kind, each.name) for number, each in enumerate(stored, 1)],
        empty='No checks yet. Add one: --add "hotel near resort"',
    )


def _numbered(rows: list[YardstickRow], number: int) -> YardstickRow:
    if not 1 <= number <= len(rows):
        raise InputError(
            "No entry has this number.", received=number, remedy=f"There are {len(rows)}; list them without --remove."
        )
    return rows[number - 1]


def compare_runs(
    dataset: DatasetId,
    protocol: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Evaluation protocol of the runs; default: the current one of the dataset."),
    ] = None,
    judge_again: Annotated[
        bool, typer.Option("--judge", help="First apply all current tests of the dataset to its finished runs.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare the runs of one evaluation protocol: different settings, time, and all scores.

    Runs with other test parts are left out; runs without a split are always included.
    """
    from embedlab.jobs.comparison import compare_runs as compared
    from embedlab.jobs.jobs import raise_error_of

    with opened_jobs() as jobs:
        if judge_again:
            raise_error_of(follow(jobs, jobs.submit_judging(dataset).id))
        comparison = compared(jobs.workspace, dataset, protocol)
    if json:
        write_json(_as_json(comparison))
        return
    _write_comparison(comparison)


def _write_comparison(comparison: Comparison) -> None:
    columns = comparison.scores
    nothing = [None] * len(comparison.settings)
    runs = [
        (
            run.id,
            run.model,
            *(values[place] for values in comparison.settings.values()),
            run.status,
            run.elapsed_s,
            *(column.values[place] for column in columns.values()),
        )
        for place, run in enumerate(comparison.runs)
    ]
    baselines = [
        (
            "baseline",
            each.title,
            *nothing,
            None,
            None,
            *(each.scores[name].value if name in each.scores else None for name in columns),
        )
        for each in comparison.baselines
    ]
    write_table(
        ["id", "model", *comparison.settings, "status", "seconds", *(column.title for column in columns.values())],
        [*runs, *baselines],
        empty="No runs yet. Train one: python -m embedlab train DATASET MODEL",
    )
    if comparison.protocol is not None:
        write_note(f"Evaluation protocol {comparison.protocol.id}: {comparison.protocol.title}.")
    if comparison.n_left_out:
        others = [use.protocol.id for use in comparison.protocols if use.protocol != comparison.protocol]
        write_note(
            f"{comparison.n_left_out} runs with other protocols are left out; show them with --protocol "
            f"{' or '.join(others)}."
        )
    _write_differences(comparison)
    for column in columns.values():
        if column.doubt:
            write_note(f"{column.title}: {column.doubt}")
    if comparison.unlike_baselines:
        names = ", ".join(comparison.unlike_baselines)
        write_note(
            f"Not all runs have these baselines ({names}): their test parts differ, or an earlier version scored them."
        )
    if comparison.unjudged:
        write_note(f"{len(comparison.unjudged)} runs lack scores of the current tests; add --judge.")


def _write_differences(comparison: Comparison) -> None:
    """Write the differences between each run and its own baselines."""
    from embedlab.evaluation.differences import read_differences, signed
    from embedlab.evaluation.score import baseline_title
    from embedlab.tasks.registry import without_own_baselines

    rows = []
    for run in comparison.runs:
        for baseline, of_baseline in read_differences(without_own_baselines(run.model, run.scores)).items():
            for difference in of_baseline.values():
                low, high = difference.interval or (None, None)
                interval = "" if low is None or high is None else f"{signed(low)} to {signed(high)}"
                outcome = difference.outcome.replace("_", " ")
                title = difference.own.title
                rows.append((run.id, baseline_title(baseline), title, signed(difference.value), interval, outcome))
    if rows:
        write_line()
        write_table(["id", "baseline", "score", "run - baseline", "95 % interval", "the run is"], rows, empty="")


def _as_json(comparison: Comparison) -> dict[str, Any]:
    from embedlab.tasks.registry import without_own_baselines

    columns = comparison.scores
    return {
        "runs": [
            {
                "id": run.id,
                "name": run.name,
                "model": run.model,
                "status": run.status,
                "seconds": run.elapsed_s,
                "parameters": run.parameters,
                "differing": {name: values[place] for name, values in comparison.settings.items()},
                "scores": _of_run(comparison, place, lambda score: score.value),
                "intervals": _of_run(comparison, place, lambda score: score.interval),
                "differences": _differences(without_own_baselines(run.model, run.scores)),
            }
            for place, run in enumerate(comparison.runs)
        ],
        "columns": {
            name: {"title": column.title, "better": column.kind.better, "part": column.kind.part}
            for name, column in columns.items()
        },
        "baselines": {
            each.name: {name: score.value for name, score in each.scores.items()} for each in comparison.baselines
        },
        "unlike_baselines": list(comparison.unlike_baselines),
        "margins": {name: column.margin for name, column in columns.items() if column.margin is not None},
        "doubtful": {name: column.doubt for name, column in columns.items() if column.doubt},
        "unjudged": list(comparison.unjudged),
        "protocol": None if comparison.protocol is None else comparison.protocol.id,
        "protocols": [
            {"id": use.protocol.id, **use.protocol.as_dict(), "runs": use.n_runs} for use in comparison.protocols
        ],
        "left_out": comparison.n_left_out,
    }


def _of_run(comparison: Comparison, place: int, part: Callable[[Score], Any]) -> dict[str, Any]:
    """Return a property of the scores of one run by name, without missing values."""
    scores = {name: column.scores[place] for name, column in comparison.scores.items()}
    values = {name: part(score) for name, score in scores.items() if score is not None}
    return {name: value for name, value in values.items() if value is not None}


def _differences(scores: dict[str, Any]) -> dict[str, Any]:
    from embedlab.evaluation.differences import read_differences

    return {
        baseline: {
            name: {
                "value": each.value,
                "low": each.interval[0] if each.interval else None,
                "high": each.interval[1] if each.interval else None,
                "outcome": each.outcome,
            }
            for name, each in of_baseline.items()
        }
        for baseline, of_baseline in read_differences(scores).items()
    }
