"""The import of ratings: read, clean, resolve duplicates, label the items, and compute statistics."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from embedlab.core.errors import InputError
from embedlab.core.files import storage_errors
from embedlab.core.kind import Kind
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.kinds.base import Imported
from embedlab.kinds.ratings.building import Built, RowStore, build
from embedlab.kinds.ratings.cleaning import CleanRows, RejectedRows
from embedlab.kinds.ratings.dataset import UNRATED_FILE, Feedback
from embedlab.kinds.ratings.detecting import plan_of, reconsidered, said_of_change
from embedlab.kinds.ratings.duplicates import default_duplicates
from embedlab.kinds.ratings.options import RatingsOptions
from embedlab.kinds.ratings.plan import Plan, read_as
from embedlab.kinds.ratings.reading import Pace, clean_rows
from embedlab.kinds.ratings.second_files.joining import join_items, join_tags, join_users
from embedlab.kinds.ratings.statistics import count_histogram, histogram, long_tail, sparsity_picture
from embedlab.kinds.reading_report import Changes, report_of
from embedlab.reading.key_codes import KeyCodes
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits

#: With fewer ratings per user and item than this, most of what a model learns is chance.
_FEW_PER_KEY = 5
#: A file is read again if its end shows another encoding of missing ratings, or a quote that is not closed.
_MOST_READINGS = 4
_TIMES_LOOKED_AT = 100_000


def import_ratings(
    file: Path | OpenedUpload,
    options: RatingsOptions,
    folder: Path,
    *,
    items_path: Path | None = None,
    test_path: Path | None = None,
    tags_path: Path | None = None,
    users_path: Path | None = None,
    limits: Limits | None = None,
    report: ReportProgress = ignore_progress,
) -> Imported:
    """Import a ratings file into the empty folder `folder`, streaming.

    Parameters
    ----------
    file
        The file, plain or packed.
    options
        How it is read; missing values are guessed.
    folder
        An existing, empty folder; `RatingsDataset.open` reads it afterwards. After an error it is empty again.
    items_path
        The items' titles, genres and years, in any common format.
    test_path
        The test part of a published split, in the format of `file`.
    tags_path
        Tags that users gave to items; the most frequent become the column `tags`.
    users_path
        A table with one user per row and any columns.
    limits
        Bounds on what is opened.
    report
        Called with the progress, at least once a second.

    Returns
    -------
    Counts `ratings, users, items` (and `test_ratings`), and as details: `scale`, `mean_rating`, `density`, `histogram`,
    `popularity`, `activity`, `sparsity`, `duplicates`, `feedback`, `count_scaling` (of implicit feedback),
    `items_file`, `tags_file`, `users_file`, and those of `reading_report.report_of`.

    Raises
    ------
    InputError
        The file cannot be read, a column is missing, duplicates are refused, or too little is left to learn
        from: fewer than 3 ratings, one user, one item, all ratings equal although they are chosen to be explicit.
    StorageError
        The disk is full.
    """
    try:
        limits = limits or Limits()
        upload = OpenedUpload.of(file, limits, options.member)
        files = _SecondFiles(items_path, test_path, tags_path, users_path)
        return _import(upload, options, folder, files, limits, report)
    except BaseException:
        for file in folder.iterdir():
            file.unlink()
        raise


@dataclass(frozen=True)
class _SecondFiles:
    """Paths of the files beside the ratings, where there are some."""

    items: Path | None
    test: Path | None
    tags: Path | None
    users: Path | None


@dataclass(frozen=True)
class _Parts:
    """The rows of the file, and of the published test part if there is one, with their codes."""

    plan: Plan
    main: CleanRows
    test: CleanRows | None
    users: KeyCodes
    items: KeyCodes
    left_out: RejectedRows
    left_out_of_test: RejectedRows


def _import(
    upload: OpenedUpload,
    options: RatingsOptions,
    folder: Path,
    files: _SecondFiles,
    limits: Limits,
    report: ReportProgress,
) -> Imported:
    with ExitStack() as stack:
        parts = _read(upload, options, folder, files.test, limits, report, stack)
        report(0.75, "arranging")
        arranging = Pace(report, 0.75, 0.9, "arranging")
        options = parts.plan.options
        feedback: Feedback = options.feedback or "explicit"
        rule = options.duplicates or default_duplicates(feedback)
        built = build(folder, parts.main, parts.test, parts.users, parts.items, rule, arranging.tick, feedback=feedback)
        has_times = options.time is not None and bool(np.any(np.isfinite(parts.main.times[:_TIMES_LOOKED_AT])))
    report(0.9, "describing")
    items = join_items(built.items, files.items, limits, options)
    tagged = join_tags(items, files.tags, limits)
    users = join_users(built.users, files.users, limits)
    with storage_errors(folder / "items.parquet"):
        users.table.to_parquet(folder / "users.parquet", index=False)
        tagged.table.to_parquet(folder / "items.parquet", index=False)
        if tagged.unrated is not None:
            tagged.unrated.to_parquet(folder / UNRATED_FILE, index=False)
    changes = Changes()
    parts.left_out.report_to(changes)
    if built.n_duplicates:
        what = (
            "events of a user and an item, counted together"
            if options.duplicates == "sum"
            else "ratings of an item that the user rated before"
        )
        changes.merge(what, built.first_duplicate, built.n_duplicates)
    details = {**_details(built, parts.left_out_of_test, options), **report_of(read_as(parts.plan), changes)}
    tags_figures = tagged.figures if files.tags is not None else None
    figures = {"items_file": items.figures, "tags_file": tags_figures, "users_file": users.figures}
    details |= {name: each for name, each in figures.items() if each is not None}
    counts: dict[str, int | float] = {
        "ratings": len(built.ratings),
        "users": len(built.users),
        "items": len(built.items),
    }
    if built.test is not None:
        counts["test_ratings"] = len(built.test)
    warnings = [*_warnings(built, parts, has_times=has_times), *items.warnings, *users.warnings]
    imported = Imported(Kind.RATINGS, counts, options.model_dump(mode="json"), warnings, details)
    imported.save(folder)
    report(1.0, "describing")
    return imported


def _read(
    upload: OpenedUpload,
    options: RatingsOptions,
    folder: Path,
    test_path: Path | None,
    limits: Limits,
    report: ReportProgress,
    stack: ExitStack,
) -> _Parts:
    """Read the file, and once more where only its whole content shows how it must be read."""
    most = -1
    said: list[str] = []
    for _ in range(_MOST_READINGS):
        plan = plan_of(upload, options, limits)
        left_out, left_out_of_test = RejectedRows(), RejectedRows()
        users, items = KeyCodes(), KeyCodes()
        attempt = stack.enter_context(ExitStack())

        def read(
            source: Path | OpenedUpload,
            how: Plan,
            rejected: RejectedRows,
            pace: Pace,
            codes: tuple[KeyCodes, KeyCodes] = (users, items),
            attempt: ExitStack = attempt,
        ) -> CleanRows:
            store = RowStore(folder, pace.stage.replace(" ", "_"))
            attempt.callback(store.delete)
            for rows in clean_rows(source, how, *codes, rejected, limits, pace.tick):
                store.add(rows)
            return store.rows()

        main = read(upload, plan, left_out, Pace(report, 0.0, 0.7, "reading"))
        n_rows = len(main.ratings)
        if plan.options.one_line and not options.one_line and n_rows < most:
            # Quoted cells of several lines, after all.
            options = options.model_copy(update={"one_line": False})
            attempt.close()
            continue
        again = reconsidered(plan, left_out) if n_rows else None
        if again is not None and not (options.one_line is False and again.one_line):
            most = max(most, n_rows)
            names = ["one_line", "not_rated", "date_order"]
            if again.feedback != plan.options.feedback:
                names += ["feedback", "duplicates", *(["rating"] if again.rating is None and plan.wide is None else [])]
                said += said_of_change(plan, again, left_out)
            options = options.model_copy(update={name: getattr(again, name) for name in names})
            attempt.close()
            continue
        break
    if len(main.ratings) == 0:
        raise _nothing_usable(left_out)
    test = None
    if test_path is not None:
        # The test part has the format of the main file, but is not in the same archive.
        how = replace(plan, options=plan.options.model_copy(update={"member": None}))
        test = read(test_path, how, left_out_of_test, Pace(report, 0.7, 0.75, "reading the test part"))
        if len(test.ratings) == 0:
            raise _nothing_usable(left_out_of_test)
    plan = replace(plan, assumptions=[*plan.assumptions, *said])
    return _Parts(plan, main, test, users, items, left_out, left_out_of_test)


def _nothing_usable(left_out: RejectedRows) -> InputError:
    reason = left_out.reasons.most_common(1)
    example = " | ".join(left_out.examples[0]["values"]) if left_out.examples else ""
    return InputError(
        "No row of the file is a usable rating.",
        received=f"{left_out.count:,} rows left out, most of them {reason[0][0]}, such as {example}"
        if reason
        else "no rows",
        remedy="Check the separator and the chosen columns.",
    )


def _details(
    built: Built,
    left_out_of_test: RejectedRows,
    options: RatingsOptions,
) -> dict[str, Any]:
    n_users, n_items = len(built.users), len(built.items)
    details: dict[str, Any] = {
        "feedback": options.feedback or "explicit",
        # A published test part is for evaluation only: a model must not learn its range.
        "scale": [float(built.ratings.ratings.min()), float(built.ratings.ratings.max())],
        "mean_rating": float(np.mean(built.ratings.ratings, dtype=np.float64)),
        "density": len(built.ratings) / (n_users * n_items),
        "histogram": (count_histogram if options.feedback == "implicit" else histogram)(built.ratings.ratings),
        "popularity": long_tail(built.items["count"].to_numpy()),
        "activity": long_tail(built.users["count"].to_numpy()),
        "sparsity": sparsity_picture(built.ratings.users, built.ratings.items, n_users, n_items),
        "duplicates": {"rule": options.duplicates, "count": built.n_duplicates},
    }
    if built.test is not None:
        details["test"] = {"left_out": left_out_of_test.as_json(), "also_in_ratings": built.n_in_test}
    if options.feedback == "implicit":
        details["count_scaling"] = options.count_scaling
    return details


def _warnings(built: Built, parts: _Parts, *, has_times: bool) -> list[str]:
    options = parts.plan.options
    warnings = parts.left_out.warnings() + [f"Test part: {warning}" for warning in parts.left_out_of_test.warnings()]
    several = "choices" if options.feedback == "implicit" else "ratings"
    if built.n_duplicates and options.duplicates != "sum":
        if options.duplicates == "mean":
            what = "their mean was used"
        elif has_times:
            what = "the newest was kept"
        else:
            what = "the last one in the file was kept"
        warnings.append(
            f"{built.n_duplicates:,} {several} have the same user and item as another ({built.first_duplicate}): "
            f"{what}."
        )
    if built.n_in_test:
        warnings.append(f"{built.n_in_test:,} {several} are also in the test part and were removed from the rest.")
    n_keys = len(built.users) + len(built.items)
    if len(built.ratings) < _FEW_PER_KEY * n_keys and len(built.ratings) < 10_000:
        warnings.append(
            f"{len(built.ratings):,} {several} are few for {len(built.users):,} users and {len(built.items):,} items: "
            "a model will mostly fit noise."
        )
    return warnings
