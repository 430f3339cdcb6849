"""Times of ratings: numbers, ISO 8601, days of the month in either order, names of months; as seconds since 1970."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Literal

from embedlab.kinds.ratings.rating_values import plain_number

DateOrder = Literal["month-first", "day-first"]

_LONGEST: Final = 60
_CLOCK: Final = (
    r"(?:[\sT,]+(?:at\s+)?(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*([ap]\.?m\.?)?)?\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
)
_NUMERIC: Final = re.compile(rf"(\d{{1,4}})\s*([-/. ])\s*(\d{{1,2}})\s*\2\s*(\d{{1,4}})\.?{_CLOCK}", re.I)
_SHORT_US: Final = re.compile(rf"(\d{{1,2}}) (\d{{1,2}}), (\d{{4}}){_CLOCK}", re.I)
_DAY_NAME: Final = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_MONTH: Final = r"([^\W\d_]{3,12})\.?"
_NAMED: Final = (
    ("md", re.compile(rf"{_DAY_NAME}{_MONTH}\s+(\d{{1,2}})(?:st|nd|rd|th)?,?\s+(\d{{4}}){_CLOCK}", re.I)),
    (
        "dm",
        re.compile(
            rf"{_DAY_NAME}(\d{{1,2}})(?:st|nd|rd|th|\.)?[\s-]+(?:of\s+|de\s+)?{_MONTH},?[\s-]+(?:de\s+)?(\d{{4}}){_CLOCK}",
            re.I,
        ),
    ),
    ("ym", re.compile(rf"{_MONTH}\s+(\d{{4}})()", re.I)),
)  # fmt: skip
#: `Thu Dec 10 12:34:56 -0700 2009`, as C's asctime, Goodreads and Twitter write it.
_ASCTIME: Final = re.compile(
    r"(?:[a-z]{3}\s+)?([a-z]{3})\s+(\d{1,2})\s+(\d{1,2}):(\d{2}):(\d{2})\s*([+-]\d{4}|[A-Z]{3,4})?\s*(\d{4})", re.I
)
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier enero janeiro gennaio januari styczen stycznia sty",
            "feb february februar février fevrier febrero fevereiro febbraio februari luty lutego lut",
            "mar march märz marz mars marzo março maart marzec marca",
            "apr april avril avr abril aprile kwiecien kwietnia kwi abr",
            "may mai mayo maio maggio mei maj maja",
            "jun june juni juin junio junho giugno czerwiec czerwca cze",
            "jul july juli juillet julio julho luglio lipiec lipca lip",
            "aug august août aout agosto augustus sierpien sierpnia sie ago",
            "sep sept september septembre septiembre setembro settembre wrzesien września wrz",
            "oct october oktober octobre octubre outubro ottobre pazdziernik października paz okt",
            "nov november novembre noviembre novembro listopad listopada lis",
            "dec december dezember décembre decembre diciembre dezembro dicembre grudzien grudnia gru dez",
        ),
        1,
    )
    for name in names.split()
}
#: Numbers from here on are milliseconds, microseconds or nanoseconds since 1970 rather than seconds.
UNITS: Final = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
_YEAR_1990_S: Final = 631_152_000.0
_YEAR_2200_S: Final = 7_258_118_400.0


@dataclass(frozen=True)
class TimeReader:
    """Reads the cells of a column of times.

    Parameters
    ----------
    order
        Whether 3/4/2014 is the 4th of March or the 3rd of April.
    """

    order: DateOrder = "month-first"

    def __call__(self, text: str) -> float:
        """Return seconds since 1970, or a number that is no date as it is; NaN if the text is neither."""
        number = plain_number(text)
        if math.isfinite(number):
            return _seconds(number)
        cell = text.strip().strip("\"'[]")
        if not cell or len(cell) > _LONGEST:
            return math.nan
        try:
            return _timestamp(datetime.fromisoformat(cell))
        except ValueError:
            pass
        try:
            return _written(cell, self.order)
        except (ValueError, OverflowError):
            return math.nan


@dataclass(frozen=True)
class Dates:
    """What the cells of a column say about the order of day and month; None if any order fits."""

    order: DateOrder | None
    share: float


def dates_in(cells: Iterable[str]) -> Dates:
    """Return the order of day and month in a column, and the share of its filled cells that are times in this order."""
    filled = [cell for cell in cells if cell.strip()]
    shares = {}
    orders: tuple[DateOrder, ...] = ("month-first", "day-first")
    for order in orders:
        reader = TimeReader(order)
        shares[order] = sum(not math.isnan(reader(cell)) for cell in filled) / max(1, len(filled))
    best = max(shares.values())
    if shares["month-first"] == shares["day-first"]:
        return Dates(None, best)
    return Dates("month-first" if shares["month-first"] == best else "day-first", best)


def depends_on_order(cells: Iterable[str]) -> bool:
    """Return whether the order of day and month changes a time in the column."""
    first, second = TimeReader("month-first"), TimeReader("day-first")
    return any((a := first(cell)) != second(cell) and not math.isnan(a) for cell in cells if cell.strip())


def default_order(cells: Iterable[str]) -> DateOrder:
    """Return the usual order where any fits: the month first between slashes, the day first between dots."""
    cell = next((cell for cell in cells if cell.strip()), "")
    return "month-first" if "/" in cell else "day-first"


def are_times(cells: Iterable[str]) -> bool:
    """Return whether nearly all cells are dates, or numbers that are seconds from 1990 to 2200."""
    filled = [cell for cell in cells if cell.strip()]
    if not filled:
        return False
    reader = TimeReader()
    other = TimeReader("day-first")
    n = 0
    for cell in filled:
        time = reader(cell)
        time = other(cell) if math.isnan(time) else time
        number = plain_number(cell)
        # A year or another number alone is no time.
        n += _YEAR_1990_S < time < _YEAR_2200_S if math.isfinite(number) else not math.isnan(time)
    return n >= 0.8 * len(filled)


def _seconds(number: float) -> float:
    for at_least, unit in UNITS:
        if abs(number) >= at_least:
            return number / unit
    return number


def _timestamp(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _written(cell: str, order: DateOrder) -> float:
    if (found := _ASCTIME.fullmatch(cell)) is not None:
        month, day, hour, minute, second, zone, year = found.groups()
        return _moment(int(year), _month(month), int(day), (hour, minute, second, None), zone)
    if (found := _SHORT_US.fullmatch(cell)) is not None:
        month, day, year, *clock, zone = found.groups()
        return _moment(int(year), int(month), int(day), clock, zone)
    if (found := _NUMERIC.fullmatch(cell)) is not None:
        first, _, second, third, *clock, zone = found.groups()
        if len(first) == 4 and len(third) <= 2:
            return _moment(int(first), int(second), int(third), clock, zone)
        if len(first) > 2 or len(third) not in {2, 4}:
            return math.nan
        month, day = (first, second) if order == "month-first" else (second, first)
        return _moment(_year(third), int(month), int(day), clock, zone)
    for kind, pattern in _NAMED:
        if (found := pattern.fullmatch(cell)) is None:
            continue
        first, second, third, *rest = found.groups()
        if kind == "ym":
            return _moment(int(second), _month(first), 1, (), None)
        name, day = (first, second) if kind == "md" else (second, first)
        *clock, zone = rest
        return _moment(int(third), _month(name), int(day), clock, zone)
    return math.nan


def _month(name: str) -> int:
    number = _MONTHS.get(name.lower())
    if number is None:
        raise ValueError(name)
    return number


def _year(text: str) -> int:
    year = int(text)
    return year if len(text) == 4 else year + (1900 if year >= 70 else 2000)


def _moment(year: int, month: int, day: int, clock: Iterable[str | None], zone: str | None) -> float:
    hour, minute, second, half = (*clock, None, None, None, None)[:4]
    hours = int(hour or 0)
    if half:
        hours = hours % 12 + (12 if half.lower().startswith("p") else 0)
    moment = datetime(year, month, day, hours, int(minute or 0), int(second or 0), tzinfo=UTC)
    return (moment - _offset(zone)).timestamp()


def _offset(zone: str | None) -> timedelta:
    if not zone or zone[0] not in "+-":
        return timedelta()
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if zone[0] == "-" else offset).utcoffset(None)
