"""Usual names of columns by their content: the only list of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

#: Usual names by the content of a column, in lower case without spaces and punctuation; earlier ones are preferred.
_NAMES: Final[Mapping[str, str]] = {
    "user": "userid useridx userkey useruuid userhash user uid username usr reviewerid reviewer customerid customer "
    "memberid member readerid reader raterid rater viewerid viewer accountid account profileid personid person "
    "reviewerusername visitorid visitor shopperid shopper clientid nutzer nutzerid benutzer benutzerid kunde kundenid "
    "uzytkownik użytkownik utilisateur utilisateurid usuario usuarioid usuário utente gebruiker användare bruger "
    "kullanici пользователь ユーザー ユーザーid 用户 用户id",
    "item": "itemid item movieid movie filmid film isbn asin parentasin productid product bookid book businessid "
    "business artistid artist trackid track songid song animeid anime recipeid recipe iid gameid game beerid beer "
    "restaurantid restaurant placeid place jokeid joke showid show courseid course hotelid hotel wineid wine appid "
    "articleid stockcode sku skuid itemcode itemdescription productcode productname itemname artistname trackname "
    "gamename gametitle videoid artikel buch produkt produktid książka ksiazka livre produit película pelicula "
    "producto libro filme livro prodotto elokuva boek фильм книга товар 電影 电影 映画 商品",
    "rating": "rating ratings starrating starsrating bookrating movierating userrating ratingvalue ratingscore score "
    "stars star overall overallrating rate preference reviewscore reviewrating reviewstars reviewoverall userscore "
    "reviewrate bewertung sterne note ocena évaluation valoración valoracion puntuación puntuacion calificación "
    "calificacion nota voto punteggio beoordeling waardering betyg vurdering arvosana puan оценка 評価 评分 評分",
    "time": "timestamp time datetime date unixreviewtime reviewtime ratedat daterated createdat reviewdate datum "
    "data fecha timestampms ratingtimestamp ratingdate tstamp reviewtimestamp ts invoicedate orderdate purchasedate "
    "transactiondate eventtime eventdate watchedat listenedat playedat viewedat dateviewed",
    "text": "text message content body review reviewtext reviewbody selftext fulltext rawtext cleantext tweettext "
    "commenttext messagetext posttext description comment comments tweet post sms utterance sentence document "
    "abstract article lyrics transcript",
    "label": "label labels class category target sentiment topic spam polarity emotion intent stance newsgroup "
    "isspam spamham airlinesentiment labeltext classlabel",
    "part": "split part subset partition datasetsplit",
}
#: Ambiguous names. They count only in a search for one particular column, in a file that is known to hold ratings or
#: a list of items.
_WEAK_NAMES: Final[Mapping[str, str]] = {
    # The customer may be unknown: then what was bought together is the user.
    "user": "u basketid basket transactionid transaction transactionno orderid order orderno invoiceid invoiceno "
    "invoice receiptid receipt cartid cart sessionid session billno bestellung bestellnummer commande pedido",
    "item": "title titel titre titulo título titolo tytuł tytul name i",
    "rating": "isrecommended recommended recommend recommendation value grade points r",
    "time": "dateadded dateupdated readat t",
    "count": "plays playcount totalplays numplays listens listencount scrobbles streams quantity qty hours "
    "hoursplayed playhours playtime playtimeforever playtimehours playtimeminutes watchtime watchcount purchases "
    "purchasecount views viewcount clicks clickcount visits checkins downloads interactions frequency freq units "
    "count counts weight anzahl menge stunden wiedergaben aufrufe cantidad reproducciones horas veces quantité "
    "quantite écoutes ecoutes heures lectures ilość ilosc liczba godziny odtworzenia quantidade quantità ascolti ore "
    "aantal количество часы прослушивания 回数 再生回数 数量 次数 播放次数 播放量",
    "item key": "movieid itemid productid bookid trackid isbn asin id key item movie",
    "item title": "title movietitle booktitle name label itemname",
    "item year": "year releaseyear yearofpublication releasedate",
    "item genres": "genres genre category categories tags",
    "vector key": "key word token term name title id",
    "vector": "vector embedding vectors embeddings",
}
_HOLDS: Final = {name: holds for holds, names in _NAMES.items() for name in names.split()}


#: Words in a name that say what a column is about, and what of it.
_WORDS: Final[Mapping[str, str]] = {
    "user": "user reviewer customer member rater viewer reader person account profile",
    "item": "item movie film product book business artist track song anime recipe game beer",
}
#: A numeric column whose name has one of these words says how often or how long an item was used.
_COUNT_WORDS: Final = (
    "plays played listens listened listen scrobbles streams views viewed clicks purchases purchased quantity qty "
    "playtime watched hours minutes downloads checkins"
)
_NO_COUNT_WORDS: Final = (
    "id ids vote votes helpful useful rating ratings review reviews avg average mean median std year age price cost "
    "rank date timestamp unix revenue likes at on last first"
)
_KEY_WORDS: Final = "id ids key no nr number code hash uuid"
_RATING_WORDS: Final = "rating ratings score stars star"
#: A column whose name has one of these words holds no ratings of users: counts, votes, averages, places in a list.
_OTHER_NUMBERS: Final = (
    "id ids count counts num number n total totals votes vote helpful helpfulness useful funny cool numerator "
    "denominator avg average mean median std year age price cost rank ranking position index row zip zipcode code "
    "length size views likes replies upvotes downvotes pages runtime hours minutes timestamp unix date time day month "
    "weekday hour dow revenue"
)
#: Last words of names of places in a list, such as `add_to_cart_order`.
_PLACES: Final = frozenset({"order", "sequence", "seq", "step"})
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_a-zA-Z]+")
#: RecBole writes the type of a column after its name: `user_id:token`.
_RECBOLE_TYPE: Final = re.compile(r":(token|token_seq|float|float_seq)$")


def bare(name: str) -> str:
    """Return a name as the lists have it: `User-ID` and `user_id:token` as `userid`."""
    return re.sub(r"[\W_]+", "", _RECBOLE_TYPE.sub("", name.strip())).lower()


def words_of_name(name: str) -> list[str]:
    """Return the words of a name in lower case: `HelpfulnessNumerator` as `helpfulness` and `numerator`."""
    return [word.lower() for word in _WORD.findall(_RECBOLE_TYPE.sub("", name.strip()))]


def holds_other_numbers(name: str) -> bool:
    """Return whether a name is that of counts, votes, averages, ids or places in a list, so never of ratings."""
    words = words_of_name(name)
    if words and words[-1] in _PLACES:
        return True
    return not set(_OTHER_NUMBERS.split()).isdisjoint(words) or bare(name) in {
        "unnamed0",
        "rownames",
        "rowname",
        "idx",
    }


def rank_of_name(name: str, holds: str) -> int | None:
    """Return how well a name fits what a column may hold, 0 best; None if it does not.

    Parameters
    ----------
    name
        As it is in the file.
    holds
        `user`, `item`, `rating`, `count` or `time`.
    """
    plain, strong = bare(name), tuple(_NAMES.get(holds, "").split())
    if plain in strong:
        return strong.index(plain)
    words = words_of_name(name)
    if holds == "rating" and words and words[-1] in _RATING_WORDS.split() and not holds_other_numbers(name):
        return len(strong)
    if len(words) > 1 and words[-1] in _KEY_WORDS.split() and set(_WORDS.get(holds, "").split()) & set(words):
        return len(strong) + 1
    weak = tuple(_WEAK_NAMES.get(holds, "").split())
    if holds == "count" and plain not in weak:
        is_count = set(_COUNT_WORDS.split()) & set(words) and not set(_NO_COUNT_WORDS.split()) & set(words)
        return len(weak) if is_count else None
    return len(strong) + 2 + weak.index(plain) if plain in weak else None


def is_weak_name(name: str, holds: str) -> bool:
    """Return whether a name fits what a column may hold only as an ambiguous name, such as `value` for the rating."""
    return bare(name) in _WEAK_NAMES.get(holds, "").split() and bare(name) not in _NAMES.get(holds, "").split()


def names_of(holds: str) -> tuple[str, ...]:
    """Return all bare names of columns that hold something, such as `user` or `item title`; preferred ones first."""
    return tuple(f"{_NAMES.get(holds, '')} {_WEAK_NAMES.get(holds, '')}".split())


def holds_by_name(name: str) -> str:
    """Return what a column with this name holds: user, item, rating, time, text or label; empty if it is unknown."""
    return _HOLDS.get(bare(name), "")
