"""Numbers, sizes, times and statuses as text."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from embedlab.core.durations import duration as duration
from embedlab.core.durations import rough_duration as rough_duration
from embedlab.kinds.registry import KINDS, noun_of
from embedlab.tasks.registry import headline_score
from embedlab.ui.shell.plain import plain
from embedlab.workspace.rows import Status

STATUS_TITLES = {
    Status.QUEUED: "Waiting",
    Status.RUNNING: "Training",
    Status.SUCCEEDED: "Done",
    Status.FAILED: "Failed",
    Status.CANCELLED: "Cancelled",
    Status.INTERRUPTED: "Interrupted",
}
#: Singular of plural nouns that do not belong to a kind of data.
_SINGULAR = {
    "runs": "run",
    "embeddings": "embedding",
    "maps": "map",
    "epochs": "epoch",
    "jobs": "job",
    "times": "time",
    "more seeds": "more seed",
    "positions": "position",
    "tokens": "token",
    "indices": "index",
    "pairs": "pair",
    "questions": "question",
    "choices": "choice",
}


#: A letter of a heading of a table, and the room beside it, in pixels.
_LETTER_PX, _BESIDE_PX = 8, 16


def heading_px(title: str, least: int) -> int:
    """Return the width in pixels of a column of a table in which its heading is not cut, at least `least`."""
    return max(least, _LETTER_PX * len(title) + _BESIDE_PX)


def number(value: float) -> str:
    """Return a number with thousands separators; a fraction has three significant digits."""
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def counted(n: float, noun: str) -> str:
    """Return ``1 document`` or ``300 documents``; `noun` is the plural."""
    return f"{number(n)} {_singular(noun) if n == 1 else noun}"


def _singular(plural: str) -> str:
    of_kinds = (noun.singular for known in KINDS.values() for noun in known.nouns.values() if noun.plural == plural)
    return _SINGULAR.get(plural) or next(of_kinds, plural)


def counts(figures: Mapping[str, int | float], *names: str) -> str:
    """Return the counts of a dataset in one line: all, or those in `names`."""
    chosen = names or tuple(name for name in figures if isinstance(figures[name], int))
    return " · ".join(counted(figures[name], noun_of(name).plural) for name in chosen if name in figures)


def size(n_bytes: float) -> str:
    """Return a size in the largest suitable unit (1 kB is 1000 bytes)."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if n_bytes < 1000 or unit == "GB":
            return f"{n_bytes:.0f} {unit}" if unit == "bytes" or n_bytes >= 100 else f"{n_bytes:.1f} {unit}"
        n_bytes /= 1000
    raise AssertionError


def ago(epoch_s: float) -> str:
    """Return how long ago a time was, such as ``5 min ago``."""
    elapsed = max(0.0, time.time() - epoch_s)
    for limit, unit, name in ((90, 1, ""), (5400, 60, "min"), (129_600, 3600, "h"), (864_000, 86_400, "days")):
        if elapsed < limit:
            return f"{round(elapsed / unit)} {name} ago" if name else "just now"
    return f"{datetime.fromtimestamp(epoch_s):%d %b %Y}"


def warnings_in_one(warnings: Sequence[str]) -> str:
    """Return warnings as Markdown for one box, with their text escaped."""
    return "  \n".join(plain(warning, 500) for warning in warnings)


def main_score(model_name: str, scores: Mapping[str, Any]) -> str:
    """Return the main score of a run for lists; empty if there is none."""
    score = headline_score(model_name, scores)
    if score is None or score.value is None:
        return ""
    # An acronym, such as AUC or NDCG@10, keeps its capitals; so does the name of a measure, such as Recall@5.
    is_word = score.part == "test" and score.title[1:2].islower() and "@" not in score.title.split()[0]
    title = f"{score.title[0].lower()}{score.title[1:]}" if is_word else score.title
    return f"{title} {score.value:.3f}" if score.part == "test" else f"{title} {score.value:.2f}"
