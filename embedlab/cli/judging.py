"""`judge`, `checks`, `compare-runs`: how good embeddings are, and which settings made the best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.asking import EmbeddingName
from embedlab.cli.flags import Json
from embedlab.cli.output import write_json, write_note, write_table
from embedlab.cli.scoring import tell_tests
from embedlab.cli.work import find_embedding, follow, opened_jobs, opened_workspace
from embedlab.errors import InputError, NotFoundError

if TYPE_CHECKING:
    from embedlab.evaluation.judging import Yardsticks
    from embedlab.jobs.comparison import Comparison
    from embedlab.workspace.rows import EmbeddingRow, YardstickRow
    from embedlab.workspace.workspace import Workspace

DatasetId = Annotated[str, typer.Argument(metavar="DATASET", help="Id of a dataset.")]
PairsFile = Annotated[
    Path | None, typer.Option("--pairs", metavar="FILE", help="Word pairs with scores: two words and a number a line.")
]
AnalogiesFile = Annotated[
    Path | None,
    typer.Option("--analogies", metavar="FILE", help="Analogies: four words a line, ': name' before a section."),
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(judge)
    app.command()(checks)
    app.command("compare-runs")(compare_runs)


def judge(
    embedding: EmbeddingName, pairs: PairsFile = None, analogies: AnalogiesFile = None, json: Json = False
) -> None:
    """Score an embedding by word pairs, analogies, and the checks and files kept with its dataset."""
    from embedlab.datasets.base import Kind
    from embedlab.evaluation.judging import judge as judged

    with opened_workspace() as workspace:
        row = find_embedding(workspace, embedding)
        yardsticks = _yardsticks(workspace, row, pairs, analogies)
        kind = workspace.dataset(row.dataset_id).kind if row.dataset_id else Kind.VECTORS
        scores = judged(workspace.load_embedding(row.id), yardsticks, english=kind != Kind.RATINGS)
    if json:
        write_json(scores)
    else:
        tell_tests(scores, empty="Nothing to judge this embedding by.")


def _yardsticks(workspace: Workspace, row: EmbeddingRow, pairs: Path | None, analogies: Path | None) -> Yardsticks:
    """Return what is kept with the embedding's dataset, and the files given now under `pairs` and `analogies`."""
    from embedlab.evaluation.judging import Yardsticks
    from embedlab.evaluation.question_files import read_analogies, read_pairs
    from embedlab.jobs.judging import yardsticks_from
    from embedlab.workspace.yardsticks import yardsticks_of

    kept = yardsticks_from(yardsticks_of(workspace, row.dataset_id) if row.dataset_id else [])
    given_pairs = {"pairs": (pairs.name, read_pairs(_file(pairs)))} if pairs else {}
    given_analogies = {"analogies": (analogies.name, read_analogies(_file(analogies)))} if analogies else {}
    return Yardsticks({**kept.pairs, **given_pairs}, {**kept.analogies, **given_analogies}, kept.checks)


def _file(path: Path) -> Path:
    if not path.is_file():
        raise NotFoundError("There is no such file.", received=str(path), remedy="Check its path.")
    return path


def checks(
    dataset: DatasetId,
    add: Annotated[
        list[str] | None, typer.Option("--add", metavar="CHECK", help="Such as: hotel near resort; may be repeated.")
    ] = None,
    pairs: PairsFile = None,
    analogies: AnalogiesFile = None,
    remove: Annotated[int | None, typer.Option("--remove", metavar="N", help="Number of what is to go.")] = None,
    json: Json = False,
) -> None:
    """List, add and remove what embeddings of a dataset are judged by: own checks, files of pairs and analogies.

    A check is `A near B`, `A near B within 20`, `A far from B`, `A far from B beyond 500` or `A nearer B than C`; near
    means among the 10 nearest. All are asked of every later training; `compare-runs --judge` asks earlier ones.
    """
    from embedlab.evaluation.checks import parse_check
    from embedlab.jobs.judging import keep_check, keep_file
    from embedlab.workspace.yardsticks import remove_yardstick, yardsticks_of

    # All are read before any is kept, so that a mistyped one leaves nothing half done.
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
        kept = yardsticks_of(workspace, row.id)
    if json:
        write_json(
            [{"number": n, "id": each.id, "kind": each.kind, "name": each.name} for n, each in enumerate(kept, 1)]
        )
        return
    write_table(
        ["number", "kind", "name"],
        [(number, each.kind, each.name) for number, each in enumerate(kept, 1)],
        empty='Nothing yet. Add a check: --add "hotel near resort"',
    )


def _numbered(rows: list[YardstickRow], number: int) -> YardstickRow:
    if not 1 <= number <= len(rows):
        raise InputError(
            "Nothing has this number.", received=number, remedy=f"There are {len(rows)}; list them without --remove."
        )
    return rows[number - 1]


def compare_runs(
    dataset: DatasetId,
    protocol: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Compare runs of this evaluation protocol; otherwise those of the dataset's."),
    ] = None,
    judge_again: Annotated[
        bool, typer.Option("--judge", help="Judge finished runs by all that is kept with the dataset now, first.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare the runs of one evaluation protocol: settings that differ, time, and every score.

    Runs judged on other test parts are left out; runs that use no split are always there.
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
    write_table(
        ["id", "model", *comparison.settings, "status", "seconds", *comparison.scores],
        [
            (
                run.id,
                run.model,
                *(values[place] for values in comparison.settings.values()),
                run.status,
                run.elapsed_s,
                *(values[place] for values in comparison.scores.values()),
            )
            for place, run in enumerate(comparison.runs)
        ],
        empty="No runs yet. Train one: python -m embedlab train DATASET MODEL",
    )
    if comparison.protocol is not None:
        write_note(f"Evaluation protocol {comparison.protocol.id}: {comparison.protocol.title}.")
    if comparison.n_left_out:
        others = [use.protocol.id for use in comparison.protocols if use.protocol != comparison.protocol]
        write_note(
            f"{comparison.n_left_out} runs of other protocols are left out; see them with --protocol "
            f"{' or '.join(others)}."
        )
    for title, note in comparison.doubtful.items():
        write_note(f"{title}: {note}")
    if comparison.unjudged:
        write_note(f"{len(comparison.unjudged)} runs are not judged by all that is kept now; add --judge.")


def _as_json(comparison: Comparison) -> dict[str, Any]:
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
                "scores": {title: values[place] for title, values in comparison.scores.items()},
            }
            for place, run in enumerate(comparison.runs)
        ],
        "margins": comparison.margins,
        "doubtful": comparison.doubtful,
        "unjudged": list(comparison.unjudged),
        "protocol": None if comparison.protocol is None else comparison.protocol.id,
        "protocols": [
            {"id": use.protocol.id, **use.protocol.as_dict(), "runs": use.n_runs} for use in comparison.protocols
        ],
        "left_out": comparison.n_left_out,
    }
