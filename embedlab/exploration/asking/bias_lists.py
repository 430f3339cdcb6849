"""Published word lists for association tests, English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_SOURCE: Final = "Caliskan, Bryson and Narayanan (2017), https://doi.org/10.1126/science.aal4230"


@dataclass(frozen=True)
class WordList:
    """Words with a name, such as career words."""

    title: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class PublishedTest:
    """An association test from the literature.

    Parameters
    ----------
    first_targets, second_targets, first_attributes, second_attributes
        The lists; the first targets are expected to be closer to the first attributes.
    published_effect_size
        Effect size of 300-dimensional GloVe vectors trained on 840 billion words of web text.
    is_check
        Whether every good embedding of English should show it: flowers are pleasant, insects are not.
    source
        Publication of the lists and of the effect size.
    """

    first_targets: WordList
    second_targets: WordList
    first_attributes: WordList
    second_attributes: WordList
    published_effect_size: float
    is_check: bool = False
    source: str = _SOURCE

    @property
    def title(self) -> str:
        """The four lists in one line."""
        targets = f"{self.first_targets.title} and {self.second_targets.title}"
        return f"{targets}: {self.first_attributes.title} or {self.second_attributes.title}"


def _list(title: str, words: str) -> WordList:
    return WordList(title, tuple(words.split()))


_PLEASANT = _list(
    "pleasant",
    "caress freedom health love peace cheer friend heaven loyal pleasure diamond gentle honest lucky rainbow diploma "
    "gift honor miracle sunrise family happy laughter paradise vacation",
)
_UNPLEASANT = _list(
    "unpleasant",
    "abuse crash filth murder sickness accident death grief poison stink assault disaster hatred pollute tragedy "
    "divorce jail poverty ugly cancer kill rotten vomit agony prison",
)
_MALE, _FEMALE = (
    _list("male terms", "male man boy brother he him his son"),
    _list("female terms", "female woman girl sister she her hers daughter"),
)
_MALE_KIN, _FEMALE_KIN = (
    _list("male terms", "brother father uncle grandfather son he his him"),
    _list("female terms", "sister mother aunt grandmother daughter she hers her"),
)

#: Tests by name.
PUBLISHED: Final[Mapping[str, PublishedTest]] = {
    "career-family": PublishedTest(
        _list("male names", "John Paul Mike Kevin Steve Greg Jeff Bill"),
        _list("female names", "Amy Joan Lisa Sarah Diana Kate Ann Donna"),
        _list("career", "executive management professional corporation salary office business career"),
        _list("family", "home parents children family cousins marriage wedding relatives"),
        1.81,
    ),
    "math-arts": PublishedTest(
        _list("math", "math algebra geometry calculus equations computation numbers addition"),
        _list("arts", "poetry art dance literature novel symphony drama sculpture"),
        _MALE,
        _FEMALE,
        1.06,
    ),
    "science-arts": PublishedTest(
        _list("science", "science technology physics chemistry Einstein NASA experiment astronomy"),
        _list("arts", "poetry art Shakespeare dance literature novel symphony drama"),
        _MALE_KIN,
        _FEMALE_KIN,
        1.24,
    ),
    "flowers-insects": PublishedTest(
        _list(
            "flowers",
            "aster clover hyacinth marigold poppy azalea crocus iris orchid rose bluebell daffodil lilac pansy tulip "
            "buttercup daisy lily peony violet carnation gladiola magnolia petunia zinnia",
        ),
        _list(
            "insects",
            "ant caterpillar flea locust spider bedbug centipede fly maggot tarantula bee cockroach gnat mosquito "
            "termite beetle cricket hornet moth wasp blackfly dragonfly horsefly roach weevil",
        ),
        _PLEASANT,
        _UNPLEASANT,
        1.50,
        is_check=True,
    ),
    "instruments-weapons": PublishedTest(
        _list(
            "instruments",
            "bagpipe cello guitar lute trombone banjo clarinet harmonica mandolin trumpet bassoon drum harp oboe tuba "
            "bell fiddle harpsichord piano viola bongo flute horn saxophone violin",
        ),
        _list(
            "weapons",
            "arrow club gun missile spear axe dagger harpoon pistol sword blade dynamite hatchet rifle tank bomb "
            "firearm knife shotgun teargas cannon grenade mace slingshot whip",
        ),
        _PLEASANT,
        _UNPLEASANT,
        1.53,
        is_check=True,
    ),
}
