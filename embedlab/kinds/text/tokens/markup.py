"""HTML in texts, such as reviews copied from web pages: tags are removed, and entities become their characters."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html.entities import html5
from typing import Final

#: Elements within a line (https://html.spec.whatwg.org/#phrasing-content): their tags may be inside a word.
_INLINE: Final = (
    "a|abbr|acronym|b|bdi|bdo|big|cite|code|dfn|em|font|i|ins|del|kbd|label|mark|q|s|samp|small|span|strike|strong|sub"
    "|sup|tt|u|var|wbr"
)
_OTHER: Final = (
    "address|article|aside|audio|blockquote|body|br|button|caption|center|col|colgroup|dd|details|dialog|div|dl|dt"
    "|embed|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]|head|header|hr|html|iframe|img|input|legend"
    "|li|link|main|meta|nav|noscript|object|ol|optgroup|option|p|param|picture|pre|script|section|select|source|style"
    "|summary|svg|table|tbody|td|template|textarea|tfoot|th|thead|title|tr|track|ul|video"
)
#: Only attributes with a value: "if a <b and c> d" is no tag. Lengths are bounded, so that no text takes long.
_ATTRIBUTES: Final = r"""(?:\s{1,20}[\w:-]{1,40}\s?=\s?(?:"[^"<]{0,2000}"|'[^'<]{0,2000}'|[^\s<>"']{1,2000})){0,30}"""
_HIDDEN: Final = r"<!--.{0,1000}?-->|<(?P<hidden>script|style)\b[^<>]{0,200}>.{0,2000}?</(?P=hidden)\s?>"
_TAG: Final = re.compile(
    rf"{_HIDDEN}|</?(?:(?P<inline>{_INLINE})|{_OTHER}){_ATTRIBUTES}\s{{0,20}}/?>|<!doctype html[^<>]{{0,200}}>",
    re.IGNORECASE | re.DOTALL,
)
#: Named and numbered characters, and numbers that lost their ampersand, as in news feeds: "the world #39;s".
_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});|(?:(?<=\w) )?#\d{2,5};")
#: Those that are punctuation; others may be numbers of something.
_BARE_NUMBERS: Final = frozenset(
    [34, 36, 38, 39, 40, 41, 60, 62, 91, 93, *range(145, 152), 160, 163, *range(8211, 8231), 8364]
)
#: An escaped text may be escaped once more: &amp;#39; is &#39; is an apostrophe.
_MOST_PASSES: Final = 3
#: A text counts as HTML from this share of its documents on, or from this many tags and entities if it is only one.
_LEAST_SHARE: Final = 0.005
_LEAST_DOCUMENTS: Final = 2
_LEAST_OF_ONE: Final = 3


@dataclass(frozen=True)
class PlainText:
    """A text without HTML.

    Parameters
    ----------
    text
        The text.
    tags, entities
        What was removed, and what was decoded, in order of the passes.
    """

    text: str
    tags: list[str]
    entities: list[str]


def strip_html(text: str) -> PlainText:
    """Remove the tags of HTML elements and decode entities; `a < b`, `<3` and unknown tags stay.

    A tag within a line (`<b>`) leaves nothing, any other (`<br />`) a space. Comments, scripts and styles are removed
    with their content. Escaped markup (`&lt;br /&gt;`) is markup, too.
    """
    tags: list[str] = []
    entities: list[str] = []

    def replace_tag(match: re.Match[str]) -> str:
        tags.append(match.group())
        return "" if match.group("inline") else " "

    def decode(match: re.Match[str]) -> str:
        entity = match.group()
        character = _character(entity)
        if character is None:
            return entity
        entities.append(entity)
        return character

    for _ in range(_MOST_PASSES):
        if "<" in text:
            text = _TAG.sub(replace_tag, text)
        n_before = len(entities)
        if ";" in text:
            text = _ENTITY.sub(decode, text)
        if len(entities) == n_before:
            break
    return PlainText(text, tags, entities)


def _character(entity: str) -> str | None:
    if not entity.startswith("&"):
        number = entity.strip(" #;")
        return html.unescape(f"&#{number};") if int(number) in _BARE_NUMBERS else None
    return html.unescape(entity) if entity.startswith("&#") else html5.get(entity[1:])


def has_html(texts: Sequence[str]) -> bool:
    """Return whether texts hold HTML: several of them, or several tags and entities in a single one."""
    counts = [len(plain.tags) + len(plain.entities) for plain in map(strip_html, texts)]
    if len(counts) == 1:
        return counts[0] >= _LEAST_OF_ONE
    return sum(count > 0 for count in counts) >= max(_LEAST_DOCUMENTS, _LEAST_SHARE * len(counts))
