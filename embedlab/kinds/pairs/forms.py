"""What a column of pairs holds: ids, texts, tags or images; recognized from its first cells."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final, Literal, get_args

from embedlab.reading.pictures import is_picture_name

Form = Literal["id", "text", "tags", "image"]
#: The form whose values are sentences: their words are tokens.
TEXT: Final = "text"
FORMS: Final[tuple[Form, ...]] = get_args(Form)
#: What each form is called on pages.
FORM_TITLES: Final[dict[str, str]] = {
    "id": "Ids (one vector each)",
    "text": "Text (average of its words)",
    "tags": "Tags (several in a cell)",
    "image": "Images",
}
#: Cells that mean that there is no value.
MISSING: Final = frozenset({"", "nan", "NaN", "NaT", "null", "NULL", "<NA>", "N/A", "n/a"})
_WORD: Final = re.compile(r"\w+(?:['\u2019]\w+)*")
_WORDS_OF_TEXT: Final = 2.0
_SHARE_DISTINCT: Final = 0.5
_SHARE_OF_IMAGES: Final = 0.9
_SHARE_OF_TAGS: Final = 0.1
#: In a cell with several values, each is short.
_LONGEST_TAG: Final = 80


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case.

    Examples
    --------
    >>> words_of("Don't panic: it's 5!")
    ["don't", 'panic', "it's", '5']
    """
    return _WORD.findall(text.lower())


def values_in(cell: str, separator: str) -> list[str]:
    """Return the different values of a cell with several values, in their order; missing ones are left out.

    Examples
    --------
    >>> values_in("Comedy| Drama||Comedy", "|")
    ['Comedy', 'Drama']
    """
    parts = (part.strip() for part in cell.split(separator))
    return [part for part in dict.fromkeys(parts) if part not in MISSING]


def form_of(cells: Sequence[str], separator: str, images: Collection[str] = ()) -> Form:
    """Return the form of a column.

    Parameters
    ----------
    cells
        Its first cells.
    separator
        Of several values in a cell.
    images
        Names of the images in the archive.
    """
    present = [cell.strip() for cell in cells if cell.strip() not in MISSING]
    if not present:
        return "id"
    if images:
        n_images = sum(is_picture_name(cell) for cell in present)
        if n_images >= _SHARE_OF_IMAGES * len(present):
            return "image"
    n_with_several = sum(len(values_in(cell, separator)) > 1 for cell in present)
    if n_with_several > max(1.0, _SHARE_OF_TAGS * len(present)):
        parts = [part for cell in present for part in values_in(cell, separator)]
        if len(set(parts)) < len(parts) and max(map(len, parts)) <= _LONGEST_TAG:
            return "tags"
    n_words = sum(len(words_of(cell)) for cell in present) / len(present)
    if n_words >= _WORDS_OF_TEXT and len(set(present)) > _SHARE_DISTINCT * len(present):
        return "text"
    return "id"
