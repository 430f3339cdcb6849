"""Short adverts with tags, made by a small grammar, so that we know which texts and tags belong together."""

from __future__ import annotations

import csv
import random
from pathlib import Path
from typing import Final

#: Nouns and adjectives of each theme; the tags of an advert are its theme and one or two of its adjectives.
THEMES: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "boats": (("sailboat", "canoe", "kayak", "yacht", "dinghy"), ("wooden", "fast", "small", "restored")),
    "bicycles": (("bicycle", "tandem", "mountain bike", "racer", "tricycle"), ("fast", "folding", "electric", "light")),
    "furniture": (("table", "armchair", "wardrobe", "bookcase", "desk"), ("wooden", "antique", "folding", "large")),
    "music": (("piano", "guitar", "violin", "trumpet", "drum kit"), ("antique", "electric", "restored", "loud")),
    "garden": (("lawn mower", "greenhouse", "wheelbarrow", "hedge", "bench"), ("large", "electric", "green", "wooden")),
    "pets": (("puppy", "kitten", "rabbit", "parrot", "hamster"), ("small", "friendly", "loud", "young")),
}
_OPENINGS: Final = ("For sale", "Looking for a home", "To give away", "Offered", "Only this week")
_CLOSINGS: Final = (
    "pick up only",
    "can be delivered",
    "call in the evening",
    "price to be discussed",
    "as good as new",
)
N_ADVERTS: Final = 1500


def adverts(seed: int = 0, n_adverts: int = N_ADVERTS) -> list[tuple[str, list[str]]]:
    """Return texts and their tags; uses only `random.Random.random`, the same in every version of Python."""
    chance = random.Random(seed)

    def drawn(options: tuple[str, ...]) -> str:
        return options[int(chance.random() * len(options))]

    made = []
    for _ in range(n_adverts):
        theme = drawn(tuple(THEMES))
        nouns, adjectives = THEMES[theme]
        chosen = list(dict.fromkeys(drawn(adjectives) for _ in range(1 + (chance.random() < 0.6))))
        text = f"{drawn(_OPENINGS)}: {' and '.join(chosen)} {drawn(nouns)}, {drawn(_CLOSINGS)}"
        made.append((text, [theme, *chosen]))
    return made


def write_adverts(path: Path) -> None:
    """Write the adverts as a CSV file with the columns `text` and `tags`, tags separated by `|`."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["text", "tags"])
        writer.writerows((text, "|".join(tags)) for text, tags in adverts())
