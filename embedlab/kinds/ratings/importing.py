"""The import of ratings: read, clean, resolve duplicates, label the items, and compute statistics."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from embedlab.core.errors import InputError
from embedlab.core.files import storage_errors
from embedlab.core.kind import Kind
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.kinds.base import Imported
from embedlab.kinds.ratings.building import Built, RowStore, build
from embedlab.kinds.ratings.cleaning import CleanRows, RejectedRows
from embedlab.kinds.ratings.detecting import Plan, plan_of, read_as, reconsidered
from embedlab.kinds.ratings.items import LABEL, ItemsFormat, read_items
from embedlab.kinds.ratings.options import RatingsOptions
from embedlab.kinds.ratings.reading import Pace, clean_rows
from embedlab.kinds.ratings.statistics import histogram, long_tail, sparsity_picture
from embedlab.kinds.ratings.tags import TAGS, read_tags
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
    limits
        Bounds on what is opened.
    report
        Called with the progress, at least once a second.

    Returns
    -------
    Counts `ratings, users, items` (and `test_ratings`), and as details: `scale`, `mean_rating`, `density`, `histogram`,
    `popularity`, `activity`, `sparsity`, `duplicates`, `items_file`, `tags_file`, and those of
    `reading_report.report_of`.

    Raises
    ------
    InputError
        The file cannot be read, a column is missing, duplicates are refused, or too little is left to learn
        from: fewer than 3 ratings, one user, one item, all ratings equal.
    StorageError
        The disk is full.
    """
    try:
        limits = limits or Limits()
        upload = OpenedUpload.of(file, limits, options.member)
        return _import(upload, options, folder, items_path, test_path, tags_path, limits, report)
    except BaseException:
        for file in folder.iterdir():
            file.unlink()
        raise


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
    items_path: Path | None,
    test_path: Path | None,
    tags_path: Path | None,
    limits: Limits,
    report: ReportProgress,
) -> Imported:
    with ExitStack() as stack:
        parts = _read(upload, options, folder, test_path, limits, report, stack)
        report(0.75, "arranging")
        arranging = Pace(report, 0.75, 0.9, "arranging")
        options = parts.plan.options
        built = build(folder, parts.main, parts.test, parts.users, parts.items, options.duplicates, arranging.tick)
        has_times = options.time is not None and bool(np.any(np.isfinite(parts.main.times[:_TIMES_LOOKED_AT])))
    report(0.9, "describing")
    item_table, items_file = _name_items(built.items, items_path, limits, options)
    item_table, tags_file = _add_tags(item_table, tags_path, limits)
    with storage_errors(folder / "items.parquet"):
        built.users.to_parquet(folder / "users.parquet", index=False)
        item_table.to_parquet(folder / "items.parquet", index=False)
    changes = Changes()
    parts.left_out.report_to(changes)
    if built.n_duplicates:
        changes.merge("ratings of an item that the user rated before", built.first_duplicate, built.n_duplicates)
    read = read_as(parts.plan)
    details = {**_details(built, parts.left_out_of_test, options, items_file), **report_of(read, changes)}
    if tags_file is not None:
        details["tags_file"] = tags_file
    counts: dict[str, int | float] = {
        "ratings": len(built.ratings),
        "users": len(built.users),
        "items": len(built.items),
    }
    if built.test is not None:
        counts["test_ratings"] = len(built.test)
    warnings = _warnings(built, parts, items_file, has_times=has_times)
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
            options = options.model_copy(
                update={name: getattr(again, name) for name in ("one_line", "not_rated", "date_order")}
            )
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


def _name_items(
    items: pd.DataFrame, items_path: Path | None, limits: Limits, options: RatingsOptions
) -> tuple[pd.DataFrame, dict[str, Any] | None]:
    """Return the table of items with labels and the columns of the items file, and statistics of that file."""
    if items_path is None:
        items.insert(1, LABEL, items["key"])
        return items, None
    chosen = ItemsFormat(options.items_layout, options.items_delimiter, options.items_encoding)
    known = read_items(items_path, limits, chosen)
    n_matched = int(items["key"].isin(known["key"]).sum())
    if n_matched == 0:
        raise InputError(
            "The items file and the ratings have no item in common.",
            received=f"ratings: {items['key'].iloc[0]}; items file: {known['key'].iloc[0]}",
            remedy="Check that the items file belongs to these ratings and uses the same ids.",
        )
    table = items.merge(known, on="key", how="left", validate="one_to_one")
    table[LABEL] = table[LABEL].where(table[LABEL].notna(), table["key"])
    texts = table.select_dtypes(include=["object", "string"]).columns
    table[texts] = table[texts].fillna("")
    first = ["key", LABEL, "count", "mean_rating"]
    figures = {"items": len(known), "matched": n_matched, "unrated": len(known) - n_matched}
    return table[[*first, *(name for name in table.columns if name not in first)]], figures


def _add_tags(
    items: pd.DataFrame, tags_path: Path | None, limits: Limits
) -> tuple[pd.DataFrame, dict[str, Any] | None]:
    """Return the table of items with the column of their tags, and statistics of the tags file."""
    if tags_path is None:
        return items, None
    tags = read_tags(tags_path, limits)
    n_matched = int(items["key"].isin(tags["key"]).sum())
    if n_matched == 0:
        raise InputError(
            "The tags file and the ratings have no item in common.",
            received=f"ratings: {items['key'].iloc[0]}; tags file: {tags['key'].iloc[0]}",
            remedy="Check that the tags file belongs to these ratings and uses the same ids.",
        )
    by_key = tags.set_index("key")[TAGS]
    # A column of this name in the items file stays.
    name = TAGS if TAGS not in items else f"{TAGS} (tags file)"
    return items.assign(**{name: items["key"].map(by_key).fillna("")}), {"items": len(tags), "matched": n_matched}


def _details(
    built: Built,
    left_out_of_test: RejectedRows,
    options: RatingsOptions,
    items_file: dict[str, Any] | None,
) -> dict[str, Any]:
    n_users, n_items = len(built.users), len(built.items)
    details: dict[str, Any] = {
        # A published test part is for evaluation only: a model must not learn its range.
        "scale": [float(built.ratings.ratings.min()), float(built.ratings.ratings.max())],
        "mean_rating": float(np.mean(built.ratings.ratings, dtype=np.float64)),
        "density": len(built.ratings) / (n_users * n_items),
        "histogram": histogram(built.ratings.ratings),
        "popularity": long_tail(built.items["count"].to_numpy()),
        "activity": long_tail(built.users["count"].to_numpy()),
        "sparsity": sparsity_picture(built.ratings.users, built.ratings.items, n_users, n_items),
        "duplicates": {"rule": options.duplicates, "count": built.n_duplicates},
    }
    if built.test is not None:
        details["test"] = {"left_out": left_out_of_test.as_json(), "also_in_ratings": built.n_in_test}
    if items_file is not None:
        details["items_file"] = items_file
    return details


def _warnings(built: Built, parts: _Parts, items_file: dict[str, Any] | None, *, has_times: bool) -> list[str]:
    options = parts.plan.options
    warnings = parts.left_out.warnings() + [f"Test part: {warning}" for warning in parts.left_out_of_test.warnings()]
    if built.n_duplicates:
        if options.duplicates == "mean":
            what = "their mean was used"
        elif has_times:
            what = "the newest was kept"
        else:
            what = "the last one in the file was kept"
        warnings.append(
            f"{built.n_duplicates:,} ratings have the same user and item as another ({built.first_duplicate}): {what}."
        )
    if built.n_in_test:
        warnings.append(f"{built.n_in_test:,} ratings are also in the test part and were removed from the rest.")
    n_keys = len(built.users) + len(built.items)
    if len(built.ratings) < _FEW_PER_KEY * n_keys and len(built.ratings) < 10_000:
        warnings.append(
            f"{len(built.ratings):,} ratings are few for {len(built.users):,} users and {len(built.items):,} items: "
            "a model will mostly fit noise."
        )
    if items_file is not None:
        n_unmatched = len(built.items) - items_file["matched"]
        if n_unmatched:
            warnings.append(f"{n_unmatched:,} rated items are missing from the items file and keep their id as label.")
        if items_file["unrated"]:
            warnings.append(f"{items_file['unrated']:,} items of the items file have no rating and were skipped.")
    return warnings
