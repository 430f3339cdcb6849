"""Usual names of columns by their content: the only list of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

#: Usual names by the content of a column, in lower case without spaces and punctuation; earlier ones are preferred.
_NAMES: Final[Mapping[str, str]] = {
    "user": "userid user uid username usr reviewerid reviewer customerid customer memberid member readerid reader "
    "personid person nutzer benutzer kunde",
    "item": "itemid item movieid movie filmid film isbn asin parentasin productid product bookid book businessid "
    "business artistid artist trackid track songid song animeid anime recipeid recipe iid gameid game beerid beer "
    "restaurantid restaurant placeid place jokeid joke artikel buch",
    "rating": "rating ratings bookrating movierating userrating ratingvalue score stars overall rate preference "
    "reviewscore bewertung note",
    "time": "timestamp time datetime date unixreviewtime reviewtime ratedat createdat ts",
    "text": "text message content body review reviewtext reviewbody selftext fulltext rawtext cleantext tweettext "
    "commenttext messagetext posttext description comment comments tweet post sms utterance sentence document abstract "
    "article lyrics transcript",
    "label": "label labels class category target sentiment topic spam polarity emotion intent stance newsgroup "
    "isspam spamham airlinesentiment labeltext classlabel",
    "part": "split part subset partition datasetsplit",
}
#: Ambiguous names. They count only in a search for one particular column, in a file that is known to hold ratings or
#: a list of items.
_WEAK_NAMES: Final[Mapping[str, str]] = {
    "user": "u",
    "item": "title i",
    "rating": "value r",
    "time": "t",
    "item key": "movieid itemid productid bookid trackid isbn asin id key item movie",
    "item title": "title movietitle booktitle name label itemname",
    "item year": "year releaseyear yearofpublication releasedate",
    "item genres": "genres genre category categories tags",
    "vector key": "key word token term name title id",
    "vector": "vector embedding vectors embeddings",
}
_HOLDS: Final = {name: holds for holds, names in _NAMES.items() for name in names.split()}


def bare(name: str) -> str:
    """Return a name as the lists have it: `User-ID` as `userid`."""
    return re.sub(r"[\W_]+", "", name).lower()


def names_of(holds: str) -> tuple[str, ...]:
    """Return all bare names of columns that hold something, such as `user` or `item title`; preferred ones first."""
    return tuple(f"{_NAMES.get(holds, '')} {_WEAK_NAMES.get(holds, '')}".split())


def holds_by_name(name: str) -> str:
    """Return what a column with this name holds: user, item, rating, time, text or label; empty if it is unknown."""
    return _HOLDS.get(bare(name), "")
