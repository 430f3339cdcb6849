"""Importing a file of sequences, streaming, into the folder of a dataset."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from embedlab.core.errors import InputError
from embedlab.core.progress import ReportProgress, ignore_progress
from embedlab.kinds.base import Imported
from embedlab.kinds.reading_report import Changes, ReadAs, report_of
from embedlab.kinds.sequences.arranging import Arranged, arrange, is_repeat
from embedlab.kinds.sequences.dataset import SEQUENCES
from embedlab.kinds.sequences.events import Collector, EventBatch, Events
from embedlab.kinds.sequences.histories import Histories
from embedlab.kinds.sequences.options import SequencesOptions
from embedlab.kinds.sequences.order import order_test
from embedlab.kinds.sequences.shapes.access_log import read_access_log
from embedlab.kinds.sequences.shapes.fasta import read_fasta
from embedlab.kinds.sequences.shapes.lines import read_lines
from embedlab.kinds.sequences.shapes.table import read_table
from embedlab.kinds.sequences.shapes.typed import read_typed
from embedlab.kinds.sequences.sniffing import complete
from embedlab.reading.opened import OpenedUpload

Reader = Callable[[OpenedUpload, SequencesOptions, Changes, Callable[[float], None]], Iterator[EventBatch]]

_READERS: dict[str, Reader] = {
    "events": read_table,
    "lines": read_lines,
    "baskets": read_lines,
    "typed": read_typed,
    "access-log": read_access_log,
    "fasta": read_fasta,
}
#: With this share of repeats, an item of a sequence is a candidate for its next item too.
_SHARE_OF_REPEATS = 0.05
_FEW_PER_ITEM = 5


def read_events(
    upload: OpenedUpload,
    options: SequencesOptions,
    changes: Changes,
    tick: Callable[[float], None],
    most: int | None = None,
) -> tuple[Events, bool]:
    """Return the events of a file with complete options, and whether they are all.

    Parameters
    ----------
    most
        Stop after about this many events.

    Raises
    ------
    InputError
        There is no usable event.
    """
    collector, is_all = Collector(changes), True
    for batch in _READERS[str(options.shape)](upload.of_member(options.member), options, changes, tick):
        collector.add(batch)
        if most is not None and collector.n_events >= most:
            is_all = False
            break
    if not collector.n_events:
        reasons = changes.sentences()
        raise InputError(
            "The file has no usable event.",
            received=reasons[0] if reasons else "no events",
            remedy="Check the shape, the separator and the chosen columns.",
        )
    return collector.events(), is_all


def arranged(events: Events, options: SequencesOptions) -> Arranged:
    """Return events in order and cut into sequences, as the options say."""
    return arrange(events, pause_s=60 * (options.pause_minutes or 0.0), repeats=options.repeats or "keep")


def counts_of(found: Arranged, events: Events) -> dict[str, int | float]:
    """Return the counts of a dataset."""
    return {
        "events": len(found.items),
        "sequences": len(found.starts) - 1,
        "users": len(events.user_keys),
        "items": len(events.item_keys),
    }


def import_sequences(
    upload: OpenedUpload, options: SequencesOptions, folder: Path, report: ReportProgress = ignore_progress
) -> Imported:
    """Import a file into an empty folder.

    Raises
    ------
    InputError
        The file cannot be read with these options, or has no usable event. Nothing is left in the folder.
    """
    options = complete(upload, options)
    changes = Changes()
    events, _ = read_events(upload, options, changes, lambda share: report(0.7 * share, "reading"))
    report(0.7, "ordering events")
    found = arranged(events, options)
    if found.n_equal:
        changes.merge("events with the user, item and time of another", "an equal row", found.n_equal)
    if found.n_repeats:
        changes.merge("repeats of an item in its sequence", "the same item again", found.n_repeats)
    report(0.8, "counting")
    counts = np.bincount(found.items, minlength=len(events.item_keys))
    order = np.argsort(-counts, kind="stable")
    row_of = np.empty(len(order), np.int32)
    row_of[order] = np.arange(len(order))
    items = row_of[found.items]
    keys = [events.item_keys[row] for row in order.tolist()]
    sequences = Histories(items, found.starts)
    repeats_share = float(is_repeat(items, sequences.rows).mean())
    predict_repeats = options.predict_repeats
    if predict_repeats is None:
        predict_repeats = repeats_share >= _SHARE_OF_REPEATS
    report(0.85, "testing the order")
    order_found = order_test(sequences, keys, with_history=predict_repeats)
    users, sequence_users = _users(found, events)
    details = {
        **report_of(_read_as(options), changes),
        "shape": options.shape,
        "has_times": found.times is not None,
        "predict_repeats": predict_repeats,
        "share_of_repeats": repeats_share,
        "n_titles": sum(key in events.titles for key in keys),
        "lengths": _lengths(sequences),
        "order": None if order_found is None else order_found.as_json(),
    }
    imported = Imported(
        SEQUENCES,
        counts_of(found, events),
        options.model_dump(mode="json"),
        [*changes.sentences(), *_warnings(sequences, len(keys))],
        details,
    )
    report(0.95, "writing")
    np.save(folder / "items.npy", items, allow_pickle=False)
    np.save(folder / "starts.npy", found.starts, allow_pickle=False)
    np.save(folder / "sequence_users.npy", sequence_users, allow_pickle=False)
    if found.times is not None:
        np.save(folder / "times.npy", found.times, allow_pickle=False)
    users.to_parquet(folder / "users.parquet", index=False)
    _items(keys, sequences, sequence_users, events).to_parquet(folder / "items.parquet", index=False)
    imported.save(folder)
    report(1.0, "writing")
    return imported


def _users(found: Arranged, events: Events) -> tuple[pd.DataFrame, Any]:
    """Return the users, most events first, and the row of the user of each sequence."""
    lengths = np.diff(found.starts)
    counts = np.bincount(found.users, lengths, len(events.user_keys)).astype(np.int64)
    order = np.argsort(-counts, kind="stable")
    row_of = np.empty(len(order), np.int32)
    row_of[order] = np.arange(len(order))
    table = pd.DataFrame({"key": [events.user_keys[row] for row in order.tolist()], "count": counts[order]})
    return table, row_of[found.users]


def _items(keys: list[str], sequences: Histories, sequence_users: Any, events: Events) -> pd.DataFrame:
    pairs = np.unique(sequence_users[sequences.rows].astype(np.int64) * len(keys) + sequences.items)
    return pd.DataFrame(
        {
            "key": keys,
            "label": [events.titles.get(key, key) for key in keys],
            "count": np.bincount(sequences.items, minlength=len(keys)),
            "users": np.bincount(pairs % len(keys), minlength=len(keys)),
        }
    )


def _read_as(options: SequencesOptions) -> ReadAs:
    columns = {role: [name] for role in ("user", "item", "time", "title") if (name := getattr(options, role))}
    return ReadAs(
        SEQUENCES,
        str(options.shape),
        options.delimiter if options.shape in {"events", "lines", "baskets"} else None,
        options.has_header is True and options.shape == "events",
        options.encoding,
        columns if options.shape == "events" else {},
    )


def _lengths(sequences: Histories) -> dict[str, float]:
    lengths = sequences.lengths
    return {
        "median": float(np.median(lengths)),
        "mean": float(lengths.mean()),
        "longest": int(lengths.max()),
        "share_of_one": float((lengths == 1).mean()),
    }


def _warnings(sequences: Histories, n_items: int) -> list[str]:
    warnings = []
    n_several = int((sequences.lengths >= 2).sum())
    if not n_several:
        warnings.append("No sequence has two events, so nothing can be learned about what comes next.")
    elif n_several < _FEW_PER_ITEM:
        warnings.append(f"Only {n_several} sequences have two events or more: a model will mostly fit noise.")
    if n_items == 1:
        warnings.append("All events have the same item, so there is nothing to predict.")
    elif len(sequences.items) < 2 * n_items:
        warnings.append(
            f"{len(sequences.items):,} events are few for {n_items:,} different items: most items occur once. "
            "Check which column holds the item."
        )
    return warnings
