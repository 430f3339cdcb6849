"""English function words: they are frequent, similar to everything, and belong to no topic."""

from __future__ import annotations

from collections.abc import Sequence

_WORDS = """
a about above across after again against all almost along already also although always am among an and another any
anyone anything are aren around as at away back be became because become becomes been before behind being below
between both but by can cannot could couldn d did didn do does doesn doing don done down during each either else
enough etc even ever every everyone everything except few for from further get gets got had hadn has hasn have haven
having he her here hers herself him himself his how however i if in indeed instead into is isn it its itself just
least less let like ll made make makes many may maybe me might mine more most mostly much must my myself near
neither never no nobody none nor not nothing now of off often on once one only onto or other others otherwise our
ours ourselves out over own per perhaps quite rather re really s same see seem seemed seems several shall she should
shouldn since so some someone something sometimes somewhere still such t than that the their theirs them themselves
then there therefore these they this those though through throughout thus to together too toward towards under
unless until up upon us use used using ve very via was wasn we well were weren what whatever when where whether
which while who whoever whole whom whose why will with within without would wouldn yet you your yours yourself
yourselves
"""
STOP_WORDS = frozenset(_WORDS.split())
#: The most frequent keys that decide whether the keys are English, and how many of them must be function words.
_FREQUENT, _FEWEST_FREQUENT = 20, 6
#: Share of all function words that decides it if the order of the keys says nothing.
_SHARE = 0.5


def stop_words(keys: Sequence[str]) -> frozenset[str]:
    """Return the English function words among keys that are sorted by frequency; none in other languages.

    Words in capitals are not function words (`US`, `IT`).

    The keys are English if 6 of the 20 most frequent are function words (other languages share at most a few, such as
    `in`, `die`, `a`), or if they contain half of all function words, and `the`.

    Examples
    --------
    >>> sorted(stop_words(["The", "of", "cat", "and", "in", "to", "a", "dog"]))
    ['The', 'a', 'and', 'in', 'of', 'to']
    >>> stop_words(["der", "die", "und", "in", "Katze"])
    frozenset()
    """
    found = frozenset(key for key in keys if key.lower() in STOP_WORDS and key in {key.lower(), key.capitalize()})
    lower = {key.lower() for key in found}
    frequent = sum(key in found for key in keys[:_FREQUENT])
    is_english = "the" in lower and (frequent >= _FEWEST_FREQUENT or len(lower) >= _SHARE * len(STOP_WORDS))
    return found if is_english else frozenset()
