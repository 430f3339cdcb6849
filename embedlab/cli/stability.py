"""`stability`: training with several seeds, and which words or other keys keep their neighbors."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

import typer

from embedlab.cli.flags import Json, TopN
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import follow, opened_jobs
from embedlab.core.errors import ConflictError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(stability)


def stability(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a finished run.")],
    seeds: Annotated[int, typer.Option(help="Number of seeds to compare, including the run's own.")] = 3,
    topn: TopN = 10,
    json: Json = False,
) -> None:
    """Train a run again with other seeds, and show which words or other keys keep their neighbors.

    Earlier runs with other seeds are reused, and all runs are kept. Ctrl-C cancels unfinished runs.
    """
    from embedlab.core.roles import noun
    from embedlab.evaluation.differences import share_text
    from embedlab.evaluation.scores import read_scores
    from embedlab.jobs.jobs import raise_error_of
    from embedlab.jobs.stability import keys_by_stability, load_stability, submit_repeats

    with opened_jobs() as jobs:
        queued = submit_repeats(jobs, run, seeds)
        write_note(f"{len(queued) - 1} runs to train, then the comparison.")
        try:
            for job in queued:
                last = follow(jobs, job.id)
        except KeyboardInterrupt:
            for job in queued:
                with suppress(ConflictError):
                    jobs.cancel(job.id)
            raise
        raise_error_of(last)
        row = jobs.workspace.run(run)
        result = load_stability(jobs.workspace, row)
        # The comparison has just written it.
        assert result is not None  # noqa: S101
        embedding = jobs.workspace.load_embedding(result.row.id)
        most, least = (keys_by_stability(embedding, result, topn, most=each) for each in (True, False))
    stored = row.scores["stability"]
    score = read_scores(row.scores)["stability"]
    if json:
        listed = {"steadiest": most, "least_steady": least}
        rows = {name: [[each.key, each.label, each.share] for each in shares] for name, shares in listed.items()}
        write_json({"runs": (last.result or {})["run_ids"], **stored, **rows})
        return
    keys = noun(result.row.name, 2)
    interval = f" (95 % interval {share_text(score.interval)})" if score.interval is not None else ""
    write_line(
        f"{score.value:.0%}{interval} of the {result.topn} nearest neighbors are the same with another seed, on "
        f"average over {score.n_cases or 0:,} {keys} and {result.n_seeds} seeds."
    )
    if score.interval is None:
        write_note(score.note)
    for title, shares in (("most stable", most), ("least stable", least)):
        write_table([title, "share"], [(each.label, f"{each.share:.0%}") for each in shares], empty=f"No {keys}.")
