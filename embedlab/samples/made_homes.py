"""A generated table of homes: the price follows from place, size, condition and the words of an advert.

Two pairs of districts have the same effect on the price although they are far apart, so a model must learn the effect
and not the place. Latitude and longitude are in the table, so that learned vectors can be compared with the true map.
"""

from __future__ import annotations

import csv
import math
import random
from pathlib import Path
from typing import Final

from embedlab.core.files import atomic_file
from embedlab.samples.base import Sample, SampleFiles

N_HOMES: Final = 3000
#: Code, effect on the logarithm of the price, latitude and longitude of each district. Codes have leading zeros.
DISTRICTS: Final[tuple[tuple[str, float, float, float], ...]] = tuple(
    (
        f"0{2101 + 7 * row + column}",
        0.9 * math.exp(-((row - 1.2) ** 2 + (column - 2.1) ** 2) / 4.0) - 0.3,
        42.30 + 0.02 * row,
        -71.12 + 0.025 * column,
    )
    for row in range(5)
    for column in range(6)
)
#: Pairs of codes with the same effect: opposite corners of the map.
TWINS: Final = ((DISTRICTS[0][0], DISTRICTS[-1][0]), (DISTRICTS[5][0], DISTRICTS[24][0]))
TWIN_EFFECTS: Final = (0.45, -0.45)
#: Effect of a word of the advert on the logarithm of the price.
WORDS: Final = {
    "renovated": 0.10, "bright": 0.05, "garden": 0.09, "balcony": 0.04, "parquet": 0.05, "view": 0.08,
    "noisy": -0.09, "damp": -0.12, "basement": -0.08, "small": -0.05, "old": -0.04, "unfinished": -0.11,
}  # fmt: skip
CONDITIONS: Final = {"new": 0.20, "good": 0.05, "fair": -0.05, "poor": -0.25}
_FILLERS: Final = (
    "flat near the station", "home for a family", "rooms on the second floor", "place close to shops",
    "house in a side street", "apartment with a kitchen",
)  # fmt: skip
_NOISE: Final = 0.08
HEADER: Final = ("id", "district", "size", "rooms", "condition", "sold", "lat", "long", "advert", "price")


def effect_of(code: str) -> float:
    """Return the effect of a district on the logarithm of the price."""
    for pair, effect in zip(TWINS, TWIN_EFFECTS, strict=True):
        if code in pair:
            return effect
    return next(effect for known, effect, _, _ in DISTRICTS if known == code)


def write_homes(path: Path, n_homes: int = N_HOMES, seed: int = 0) -> None:
    """Write the table as CSV; the same seed gives the same bytes."""
    chance = random.Random(seed)
    with atomic_file(path, "w", encoding="utf-8", newline="") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(HEADER)
        for number in range(n_homes):
            table.writerow(_home(number, chance))


def _home(number: int, chance: random.Random) -> list[str]:
    code, _, latitude, longitude = chance.choice(DISTRICTS)
    size = min(260, max(25, round(math.exp(chance.gauss(4.35, 0.4)))))
    rooms = max(1, round(size / 28 + chance.gauss(0, 0.6)))
    condition = chance.choice(list(CONDITIONS))
    words = chance.sample(list(WORDS), 3)
    month, day = 1 + chance.randrange(12), 1 + chance.randrange(28)
    logarithm = 8.4 + 0.85 * math.log(size) + effect_of(code) + CONDITIONS[condition]
    logarithm += sum(WORDS[word] for word in words) + chance.gauss(0, _NOISE)
    advert = f"{words[0]} {chance.choice(_FILLERS)}, {words[1]} and {words[2]}"
    return [
        f"h{number:05d}",
        code,
        str(size),
        # Some sellers do not say how many rooms there are.
        "" if chance.random() < 0.05 else str(rooms),
        condition,
        f"2024-{month:02d}-{day:02d}",
        f"{latitude + chance.gauss(0, 0.004):.5f}",
        f"{longitude + chance.gauss(0, 0.005):.5f}",
        advert,
        str(100 * round(math.exp(logarithm) / 100)),
    ]


def _write(folder: Path) -> SampleFiles:
    path = folder / "made_homes.csv"
    write_homes(path)
    return SampleFiles(path)


SAMPLE: Final = Sample(
    "made-homes",
    "Home prices",
    "3,000 generated homes, whose price follows from district, size, condition and the words of the advert: districts "
    "with the same effect end up close together.",
    "table",
    "entity-embeddings",
    {"leave_out": "lat,long", "batch_size": 64, "epochs": 40, "text_length": 20},
    _write,
    {"target": "price", "target_log": True},
)
