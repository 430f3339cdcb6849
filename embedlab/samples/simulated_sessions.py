"""Simulated sessions of a web shop, with structure that we know a model should find.

Three structures are planted. Visitors stay in the department where they are, so that products of a department are
similar. Products of a pair are always looked at together, one directly after the other, in either order. Who goes to
the cart buys: the steps after it are always the same.
"""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from embedlab.kinds.sequences.dataset import SEQUENCES
from embedlab.samples.base import Sample, SampleFiles

N_VISITORS = 1_500
#: Products by department; those of a pair are not looked at alone.
DEPARTMENTS: dict[str, tuple[str, ...]] = {
    "kitchen": ("kettle", "frying pan", "bread knife", "cutting board", "saucepan", "mixer", "teapot", "corkscrew"),
    "garden": ("garden hose", "rake", "flower pot", "watering can", "seeds", "spade", "bird house", "lantern"),
    "sport": (
        "running shoes",
        "yoga mat",
        "dumbbell",
        "skipping rope",
        "water bottle",
        "bicycle",
        "helmet",
        "football",
    ),
    "music": ("guitar", "piano", "drum", "violin", "microphone", "headphones", "metronome", "sheet music"),
    "office": ("notebook", "fountain pen", "stapler", "desk lamp", "paper clips", "printer", "envelope", "calendar"),
}
PAIRS: tuple[tuple[str, str], ...] = (("toothbrush", "toothpaste"), ("flashlight", "batteries"), ("needle", "thread"))
#: After the first of them, the others follow in this order.
CHECKOUT: tuple[str, ...] = ("cart", "address", "payment", "confirmation")
#: A longer pause than this, in minutes, separates two visits.
PAUSE_MINUTES = 30

_STAYS = 0.85
_PAIR = 0.12
_BUYS = 0.4
_FIRST_TIME = 1_700_000_000


def make_events(seed: int = 0) -> list[tuple[str, str, int]]:
    """Return the events `(visitor, page, seconds since 1970)` of all visitors, in the order of time.

    The same seed gives the same events.
    """
    chance = random.Random(seed)
    events = []
    for number in range(N_VISITORS):
        time = _FIRST_TIME + chance.randrange(30 * 86_400)
        for _ in range(chance.choice((1, 1, 2, 3))):
            for page in _visit(chance):
                time += chance.randrange(5, 400)
                events.append((f"visitor {number + 1}", page, time))
            time += chance.randrange(PAUSE_MINUTES * 60 + 1, 5 * 86_400)
    return sorted(events, key=lambda event: event[2])


def _visit(chance: random.Random) -> list[str]:
    """Return the pages of one visit."""
    names = list(DEPARTMENTS)
    department = chance.choice(names)
    pages: list[str] = []
    for _ in range(chance.randrange(2, 7)):
        if chance.random() < _PAIR:
            pair = list(chance.choice(PAIRS))
            chance.shuffle(pair)
            pages += [each for each in pair if each not in pages]
            continue
        if chance.random() > _STAYS:
            department = chance.choice(names)
        page = chance.choice(DEPARTMENTS[department])
        if page not in pages:
            pages.append(page)
    return [*pages, *CHECKOUT] if chance.random() < _BUYS else pages


def write_events(path: Path, seed: int = 0) -> None:
    """Write the events as a table `visitor,page,time`, with the time as in ISO 8601."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["visitor", "page", "time"])
        for visitor, page, time in make_events(seed):
            table.writerow([visitor, page, datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S")])


def _write(folder: Path) -> SampleFiles:
    path = folder / "made_sessions.csv"
    write_events(path)
    return SampleFiles(path)


SAMPLE: Final = Sample(
    "made-sessions",
    "Visits of a web shop",
    "1,500 simulated visitors of a shop: products that are always looked at together, departments, and the steps "
    "of a checkout.",
    SEQUENCES,
    "next-item",
    {"vector_size": 32, "epochs": 20, "patience": 3, "batch_size": 128},
    _write,
    {"user": "visitor", "item": "page", "time": "time", "pause_minutes": PAUSE_MINUTES},
)
