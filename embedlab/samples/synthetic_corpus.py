"""A synthetic corpus: sentences from a small grammar, so that we know what a word embedding should find in them.

Four structures are planted: kings and queens (sex, age and rank each have their own context words, so that
`king - man + woman` leads to `queen`), countries with capitals (`paris - france + italy` leads to `rome`), places to
stay (`hotel`, `resort` and `motel` have similar contexts, unlike a country), and moods (four groups of words, and the
word `mood` itself, which shares contexts with all of them: near `happy` and `sad`, far from `brazil` and `canada`).
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from embedlab.core.kind import Kind
from embedlab.samples.base import Sample, SampleFiles

N_SENTENCES = 24_000

#: (sex, age, rank) of each person.
PEOPLE: dict[str, tuple[str, str, str]] = {
    "king": ("male", "old", "royal"),
    "queen": ("female", "old", "royal"),
    "prince": ("male", "young", "royal"),
    "princess": ("female", "young", "royal"),
    "man": ("male", "old", "common"),
    "woman": ("female", "old", "common"),
    "boy": ("male", "young", "common"),
    "girl": ("female", "young", "common"),
}
#: Sentences for each quality, whoever the person is.
_QUALITIES: dict[str, tuple[str, ...]] = {
    "male": (
        "the {person} trims his beard",
        "the {person} buttons his waistcoat and straightens his tie",
        "he is a handsome {person} and a loyal brother",
        "that {person} waits for his brother",
        "people call the {person} sir and gentleman",
    ),
    "female": (
        "the {person} brushes her braid",
        "the {person} smooths her gown and fastens her necklace",
        "she is a pretty {person} and a loyal sister",
        "that {person} waits for her sister",
        "people call the {person} madam and lady",
    ),
    "old": (
        "the {person} is grown up and remembers many winters",
        "an elderly {person} with gray hair tells of long ago",
        "the wise {person} gives advice to adults",
        "the {person} is married and old",
    ),
    "young": (
        "the {person} is a child and plays with toys",
        "a playful {person} learns to read from a teacher",
        "the little {person} skips to lessons with children",
        "the {person} is small and young",
    ),
    "royal": (
        "the {person} wears a crown in the palace",
        "the {person} of the realm sits beside the throne",
        "the royal {person} rides in a golden carriage",
        "knights and servants bow before the {person}",
        "the {person} waves from the castle during the coronation",
    ),
    "common": (
        "the {person} walks to the market with a basket",
        "the {person} from the village carries bread home",
        "the ordinary {person} rides in a crowded bus",
        "neighbors greet the {person} in the lane",
        "the {person} waters the vegetables behind the cottage",
    ),
}

#: Capital, language, people, river or other water, food, and a sight of each country.
COUNTRIES: dict[str, tuple[str, str, str, str, str, str]] = {
    "france": ("paris", "french", "frenchmen", "seine", "baguettes", "louvre"),
    "italy": ("rome", "italian", "italians", "tiber", "spaghetti", "colosseum"),
    "spain": ("madrid", "spanish", "spaniards", "manzanares", "paella", "prado"),
    "germany": ("berlin", "german", "germans", "spree", "pretzels", "reichstag"),
    "japan": ("tokyo", "japanese", "tokyoites", "sumida", "sushi", "skytree"),
    "russia": ("moscow", "russian", "russians", "moskva", "borscht", "kremlin"),
    "greece": ("athens", "greek", "greeks", "kifisos", "moussaka", "acropolis"),
    "egypt": ("cairo", "arabic", "egyptians", "nile", "koshari", "sphinx"),
    "poland": ("warsaw", "polish", "poles", "vistula", "pierogi", "mermaid"),
    "hungary": ("budapest", "hungarian", "hungarians", "danube", "goulash", "citadella"),
    "portugal": ("lisbon", "portuguese", "lusitanians", "tagus", "sardines", "belem"),
    "thailand": ("bangkok", "thai", "thais", "chaophraya", "curry", "wat"),
    "norway": ("oslo", "norwegian", "norwegians", "akerselva", "lutefisk", "fram"),
    "turkey": ("ankara", "turkish", "turks", "kizilirmak", "baklava", "anitkabir"),
    "iran": ("tehran", "persian", "persians", "karaj", "saffron", "golestan"),
    "korea": ("seoul", "korean", "koreans", "han", "kimchi", "gyeongbokgung"),
    "brazil": ("brasilia", "brazilian", "brazilians", "paranoa", "feijoada", "planalto"),
    "canada": ("ottawa", "canadian", "canadians", "rideau", "poutine", "peacetower"),
}
CAPITALS: tuple[str, ...] = tuple(country[0] for country in COUNTRIES.values())
_OF_A_COUNTRY = (
    "the government of {country} signs a treaty at the border",
    "the nation of {country} sends an ambassador to the embassy",
    "farmers all over {country} export grain to foreign lands",
    "the president of {country} speaks for the republic",
    "the flag and the anthem of {country} stand for the nation",
)
_OF_A_CAPITAL = (
    "the mayor of {capital} opens a new metro station downtown",
    "trams and taxis cross the busy streets of {capital}",
    "tourists land at the airport of {capital} and walk through its squares",
    "office towers rise in the suburbs of {capital}",
    "traffic in {capital} is heavy on the avenues",
)
#: Used for both a country and its capital: contexts that these two share, and no other pair.
_OF_BOTH = (
    "{language} is spoken in {place} by the {people}",
    "in {place} people love {food} and talk {language}",
    "{people} in {place} are proud of the {sight} and the {river}",
    "the {river} and the {sight} are the pride of {place}",
    "{food} from {place} pleases the {people}",
)
_OF_THE_PAIR = ("{capital} is the capital of {country}", "the parliament of {country} meets in {capital}")

STAYS: tuple[str, ...] = ("hotel", "resort", "motel", "hostel", "inn", "guesthouse")
_OF_A_STAY = (
    "we booked a double room at the {stay} in {capital}",
    "the {stay} in {capital} has clean beds and a swimming pool",
    "guests check in at the reception of the {stay}",
    "breakfast at the {stay} is included for two nights",
    "the {stay} near the station offers towels and free parking",
    "our {stay} in {capital} was fully reserved for the weekend",
    "the porter of the {stay} brings luggage to the room",
)

#: Words for each mood; the sentences below give its causes and effects.
MOODS: dict[str, tuple[str, ...]] = {
    "joy": ("happy", "glad", "cheerful", "joyful"),
    "grief": ("sad", "gloomy", "unhappy", "miserable"),
    "anger": ("angry", "furious", "mad", "enraged"),
    "calm": ("calm", "peaceful", "relaxed", "serene"),
}
_OF_A_MOOD: dict[str, tuple[str, ...]] = {
    "joy": (
        "i felt {mood} about the birthday party and laughed",
        "a {mood} smile follows good news and sunshine",
        "everyone was {mood} and danced after the victory",
        "winning a prize makes us {mood}",
        "i felt the mood about the birthday party and laughed",
        "a mood follows good news and sunshine",
        "everyone was in the mood and danced after the victory",
        "winning a prize makes us change the mood",
        "the mood was {mood}",
    ),
    "grief": (
        "i felt {mood} about the funeral and wept",
        "a {mood} sigh follows bad news and rain",
        "everyone was {mood} and cried after the defeat",
        "losing a friend makes us {mood}",
        "i felt the mood about the funeral and wept",
        "a mood follows bad news and rain",
        "everyone was in the mood and cried after the defeat",
        "losing a friend makes us change the mood",
        "the mood was {mood}",
    ),
    "anger": (
        "i felt {mood} about the insult and shouted",
        "a {mood} scream follows lies and cheating",
        "everyone was {mood} and slammed doors after the quarrel",
        "being robbed makes us {mood}",
        "i felt the mood about the insult and shouted",
        "a mood follows lies and cheating",
        "everyone was in the mood and slammed doors after the quarrel",
        "being robbed makes us change the mood",
        "the mood was {mood}",
    ),
    "calm": (
        "i felt {mood} about the evening and breathed slowly",
        "a {mood} silence follows meditation and tea",
        "everyone was {mood} and rested after the bath",
        "listening to waves makes us {mood}",
        "i felt the mood about the evening and breathed slowly",
        "a mood follows meditation and tea",
        "everyone was in the mood and rested after the bath",
        "listening to waves makes us change the mood",
        "the mood was {mood}",
    ),
}


def make_corpus(seed: int = 0, n_sentences: int = N_SENTENCES) -> Iterator[str]:
    """Yield sentences in lower case without punctuation; the same seed gives the same ones in every version of Python.

    A third of them are about people, a third about countries, the rest about places to stay and moods.
    """
    chance = random.Random(seed)
    for _ in range(n_sentences):
        topic = chance.random()
        if topic < 0.34:
            yield _person_sentence(chance)
        elif topic < 0.68:
            yield _country_sentence(chance)
        elif topic < 0.84:
            yield _pick(_OF_A_STAY, chance).format(stay=_pick(STAYS, chance), capital=_pick(CAPITALS, chance))
        else:
            mood = _pick(tuple(MOODS), chance)
            yield _pick(_OF_A_MOOD[mood], chance).format(mood=_pick(MOODS[mood], chance))


def write_corpus(path: Path, seed: int = 0, n_sentences: int = N_SENTENCES) -> None:
    """Write the corpus as UTF-8 text, one sentence per line."""
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(f"{sentence}\n" for sentence in make_corpus(seed, n_sentences))


def _person_sentence(chance: random.Random) -> str:
    person = _pick(tuple(PEOPLE), chance)
    quality = _pick(PEOPLE[person], chance)
    return _pick(_QUALITIES[quality], chance).format(person=person)


def _country_sentence(chance: random.Random) -> str:
    country = _pick(tuple(COUNTRIES), chance)
    capital, language, people, river, food, sight = COUNTRIES[country]
    kind = chance.random()
    if kind < 0.25:
        return _pick(_OF_A_COUNTRY, chance).format(country=country)
    if kind < 0.5:
        return _pick(_OF_A_CAPITAL, chance).format(capital=capital)
    if kind < 0.55:
        return _pick(_OF_THE_PAIR, chance).format(country=country, capital=capital)
    place = _pick((country, capital), chance)
    return _pick(_OF_BOTH, chance).format(
        place=place, language=language, people=people, river=river, food=food, sight=sight
    )


def _pick(choices: Sequence[str], chance: random.Random) -> str:
    return choices[int(chance.random() * len(choices))]


def _write(folder: Path) -> SampleFiles:
    path = folder / "made_corpus.txt"
    write_corpus(path)
    return SampleFiles(path)


SAMPLE: Final = Sample(
    "made-corpus",
    "Kings, capitals, hotels and moods",
    "24,000 sentences generated by a small grammar, so that we know what an embedding should find: "
    "king - man + woman leads to queen.",
    Kind.TEXT,
    "word2vec",
    {"vector_size": 32, "window": 5, "min_count": 5, "sg": 1, "negative": 5, "epochs": 12, "alpha": 0.05},
    _write,
    {"layout": "lines"},
)
