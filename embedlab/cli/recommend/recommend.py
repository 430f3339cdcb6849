"""`recommend`: items for a user, for somebody new, or for all users."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from embedlab.cli.flags import Json, MinCount, TopN
from embedlab.cli.output import write_json, write_line, write_note, write_table
from embedlab.cli.work import opened_workspace
from embedlab.core.errors import InputError, ParameterError

if TYPE_CHECKING:
    from embedlab.exploration.new_things.own_ratings import OwnRatings
    from embedlab.exploration.new_things.reasons import Explanation
    from embedlab.exploration.new_things.recommender import Recommended, Recommender, Wish

_MOST_SHOWN = 3


def recommend(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Id of a run on ratings.")],
    user: Annotated[str | None, typer.Argument(metavar="[USER]", help="Key of a user.")] = None,
    ratings: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            metavar='"ITEM=RATING, ..."',
            help="Recommend to somebody with these ratings (choices: without =RATING). Can be repeated.",
        ),
    ] = None,
    all_users: Annotated[bool, typer.Option("--all-users", help="Recommend to every user; needs --out.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write a table: FILE.csv or FILE.parquet.")
    ] = None,
    topn: TopN = 10,
    reasons: Annotated[
        bool, typer.Option("--reasons", help="Show how much each of the user's items contributes to a score.")
    ] = False,
    genres: Annotated[
        list[str] | None, typer.Option("--genre", help="Only items with this genre; repeat it for one of several.")
    ] = None,
    years: Annotated[
        str | None, typer.Option("--years", metavar="FIRST-LAST", help="Only items of these years: 1990-1999, 1990-.")
    ] = None,
    min_count: MinCount = 0,
    text: Annotated[str, typer.Option("--text", help="Only items whose title contains this text.")] = "",
    popularity_weight: Annotated[
        float,
        typer.Option(
            "--popularity-weight",
            help="Order by z(score) - WEIGHT * z(log count): 0 is the order of the model, 1 removes popularity.",
        ),
    ] = 0.0,
    with_test_items: Annotated[
        bool, typer.Option("--with-test-items", help="Include items that the user rated in the test part.")
    ] = False,
    json: Json = False,
) -> None:
    """Recommend items that a user has not rated: by predicted rating, or by the score of a run that ranks.

    With --json, a list of [key, label, score], best first. With --reasons each has a fourth member: {"base", "sum",
    "score", "contributions": [[key, label, rating, amount], ...]}, where base and all amounts add up to the sum. With
    --out instead {"file", "rows"}; the table has the columns rank, item, label, score, and with --all-users also user.
    """
    from embedlab.exploration.new_things.item_filter import ItemFilter
    from embedlab.exploration.new_things.recommender import Wish
    from embedlab.exploration.new_things.without_popularity import checked_weight
    from embedlab.jobs.inference import open_recommender

    if sum((user is not None, bool(ratings), all_users)) != 1:
        raise InputError("The command needs one user.", remedy="Use either USER, --for or --all-users.")
    if all_users and out is None:
        raise InputError("Recommendations to all users are written to a file.", remedy="Add --out FILE.parquet.")
    if reasons and out is not None:
        raise InputError("A table has no reasons.", remedy="Use either --reasons or --out.")
    item_filter = ItemFilter(tuple(genres or ()), *_years(years), min_count, text)
    wish = Wish(topn, item_filter, checked_weight(popularity_weight), with_test_items)
    with opened_workspace() as workspace:
        recommender = open_recommender(workspace, run)
        if all_users and out is not None:
            _write_all(recommender, out, wish, as_json=json)
            return
        own = _own_ratings(recommender, ratings) if ratings else None
        found = recommender.recommend(str(user), wish) if own is None else recommender.recommend_for(own, wish)
        if out is not None:
            _write_table(found, out, as_json=json)
            return
        explained = _explained(recommender, user, own, found) if reasons else None
        is_rating = recommender.folds_in_ratings if own is not None else recommender.rates_users
        _write(found, explained, "rating" if is_rating else "score", as_json=json)


def _years(text: str | None) -> tuple[int | None, int | None]:
    """Return the first and the last year of `1990-1999`, `1990-`, `-1999` or `1990`."""
    if text is None:
        return None, None
    first, dash, last = text.strip().partition("-")
    first, last = first.strip(), last.strip()
    if not (first or last) or not all(not part or (part.isascii() and part.isdecimal()) for part in (first, last)):
        raise ParameterError("Years cannot be read.", received=text, remedy="Write for example --years 1990-1999.")
    return (int(first) if first else None), (int(last) if last else None if dash else int(first))


def _own_ratings(recommender: Recommender, texts: Sequence[str]) -> OwnRatings:
    from embedlab.exploration.new_things.own_ratings import parse_ratings

    own = parse_ratings(texts, recommender.catalog, recommender.rating_scale)
    used = recommender.model_input(*own.arrays).is_used
    if not used.all():
        write_note(
            f"{int((~used).sum())} of {len(own)} ratings are below {recommender.positive_from:g} and do not count: "
            "this model learns from positive ratings only."
        )
    return own


def _explained(
    recommender: Recommender, user: str | None, own: OwnRatings | None, found: Sequence[Recommended]
) -> list[Explanation]:
    from embedlab.exploration.new_things.reasons import explain_own, explain_user

    # All contributions, so that those in JSON add up.
    most = recommender.n_items
    if own is not None:
        return [explain_own(recommender, own, each, most) for each in found]
    return [explain_user(recommender, str(user), each, most) for each in found]


def _write(found: Sequence[Recommended], explained: Sequence[Explanation] | None, score: str, *, as_json: bool) -> None:
    if as_json:
        rows: list[list[Any]] = [[each.key, each.label, each.score] for each in found]
        if explained is not None:
            rows = [[*row, _reasons_as_json(each)] for row, each in zip(rows, explained, strict=True)]
        write_json(rows)
        return
    labeled = any(each.key != each.label for each in found)
    columns = ["key", *(["label"] if labeled else []), score]
    table = [(each.key, *([each.label] if labeled else []), f"{each.score:.4f}") for each in found]
    write_table(columns, table, empty="No answers.")
    for each in explained or ():
        write_line(f"{each.label}: {_in_words(each)}")


def _reasons_as_json(explained: Explanation) -> dict[str, Any]:
    return {
        "base": explained.base,
        "sum": explained.total,
        "score": explained.score,
        "contributions": [[each.key, each.label, each.rating, each.amount] for each in explained.contributions],
    }


def _in_words(explained: Explanation) -> str:
    listed = explained.contributions[:_MOST_SHOWN]
    rest = explained.total - explained.base - sum(each.amount for each in listed)
    n_rest = len(explained.contributions) - len(listed)
    parts = [f"{explained.base:.4f} base"] if explained.base else []
    parts += [f"{each.amount:.4f} {each.label}" for each in listed]
    parts += [f"{rest:.4f} {n_rest} others"] if n_rest else []
    return f"{' + '.join(parts).replace(' + -', ' - ') or '0'} = {explained.total:.4f}"


def _write_all(recommender: Recommender, out: Path, wish: Wish, *, as_json: bool) -> None:
    from embedlab.export.recommendations import write_all_recommendations

    n_rows = write_all_recommendations(recommender, out, wish)
    _say_written(out, n_rows, as_json=as_json)


def _write_table(found: Sequence[Recommended], out: Path, *, as_json: bool) -> None:
    from embedlab.export.recommendations import write_recommendations

    _say_written(out, write_recommendations(found, out), as_json=as_json)


def _say_written(out: Path, n_rows: int, *, as_json: bool) -> None:
    if as_json:
        write_json({"file": str(out), "rows": n_rows})
    else:
        write_line(f"{n_rows:,} rows in {out}")
