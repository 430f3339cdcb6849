"""Wikipedia: pages of an XML dump, or the `<doc>` elements that WikiExtractor writes, as plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final, TextIO

from embedlab.core.errors import InputError
from embedlab.kinds.reading_report import Changes
from embedlab.kinds.text.batches import Batch

_LONGEST_PAGE: Final = 16 * 1024**2
_CHUNK: Final = 1 << 20
_PAGE: Final = re.compile(r"<page>(.*?)</page>|<doc\b[^>]*>(.*?)</doc>", re.DOTALL)
_END: Final = re.compile(r"</page>|</doc>")
_TEXT: Final = re.compile(r"<text\b[^>]*>(.*?)</text>", re.DOTALL)
_TITLE: Final = re.compile(r"<title>(.*?)</title>", re.DOTALL)
_NAMESPACE: Final = re.compile(r"<ns>(-?\d+)</ns>")
_REDIRECT: Final = re.compile(r"\s*#\s*[^\W\d]+\s*:?\s*\[\[", re.IGNORECASE)
_PAGES_AT_ONCE: Final = 50

#: Elements whose content is no text of the article: what opens and what closes them.
_DROPPED: Final = (
    ("<!--", "-->"),
    *((f"<{name}", f"</{name}>") for name in ("ref", "math", "gallery", "timeline", "syntaxhighlight", "source")),
)
_TAG: Final = re.compile(r"</?[A-Za-z][^<>]{0,500}>")
_INNER_BRACES: Final = re.compile(r"\{\{[^{}]*\}\}|\{\|[^{}]*\|\}")
_FILE: Final = re.compile(r"\[\[[^\[\]|:]{1,40}:(?:[^\[\]]|\[\[[^\[\]]*\]\])*\]\]")
_LINK: Final = re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]")
_ADDRESS: Final = re.compile(r"\[(?:https?|ftp)://[^\s\[\]]+(?:[^\S\n]+([^\[\]\n]*))?\]")
_HEADING: Final = re.compile(r"^={1,6}([^=\n]*)={1,6}[^\S\n]*$", re.MULTILINE)
_QUOTES: Final = re.compile(r"'{2,5}")
_LIST: Final = re.compile(r"^[*#:;]+\s*", re.MULTILINE)
_BLANK: Final = re.compile(r"\n\s*\n+")
#: Templates within templates; deeper ones are hardly ever text.
_DEEPEST: Final = 12


def is_wikipedia(start: str) -> bool:
    """Return whether a file begins as a dump of a wiki or as a file of WikiExtractor."""
    head = start.lstrip("\ufeff \n\r\t")
    return head.startswith(("<mediawiki", "<doc id=")) or (head.startswith("<?xml") and "<mediawiki" in head[:2000])


def split_pages(text: TextIO, changes: Changes) -> Iterator[Batch]:
    """Yield the plain text of each article; redirects and pages that are not articles are left out and counted."""
    pages: list[str] = []
    rest = ""
    while chunk := text.read(_CHUNK):
        rest += chunk
        stop = 0
        for match in _PAGE.finditer(rest):
            stop = match.end()
            page = _article(match, changes)
            if page:
                pages.append(page)
        rest = rest[stop:]
        if len(rest) > _LONGEST_PAGE:
            raise InputError(
                f"A page of the dump is longer than {_LONGEST_PAGE / 1024**2:.0f} MB.",
                received=rest[:60],
                remedy="Download the dump again, or import its text without markup.",
            )
        if len(pages) >= _PAGES_AT_ONCE:
            yield Batch(pages)
            pages = []
    if pages:
        yield Batch(pages)


def _article(match: re.Match[str], changes: Changes) -> str:
    if match[1] is None:
        return html.unescape(_TAG.sub("", match[2])).strip()
    page = match[1]
    title = html.unescape(found[1]) if (found := _TITLE.search(page)) else ""
    namespace = _NAMESPACE.search(page)
    if namespace is not None and namespace[1] != "0":
        changes.leave_out("pages of the wiki that are not articles", title)
        return ""
    found_text = _TEXT.search(page)
    source = html.unescape(found_text[1]) if found_text else ""
    if not source.strip():
        changes.leave_out("pages without text", title)
        return ""
    if "<redirect" in page or _REDIRECT.match(source):
        changes.leave_out("pages that redirect to another one", title)
        return ""
    return plain_text(source)


def plain_text(source: str) -> str:
    """Return the text of an article without wiki markup: templates, tables and references are removed."""
    text = source
    for opening, closing in _DROPPED:
        text = _without(text, opening, closing)
    for _ in range(_DEEPEST):
        shorter = _INNER_BRACES.sub("", text)
        if shorter == text:
            break
        text = shorter
    text = _FILE.sub("", text)
    text = _LINK.sub(r"\1", text)
    text = _ADDRESS.sub(r"\1", text)
    text = _QUOTES.sub("", _HEADING.sub(r"\1", text))
    text = html.unescape(_LIST.sub("", _TAG.sub("", text)))
    return _BLANK.sub("\n\n", text).strip()


def _without(text: str, opening: str, closing: str) -> str:
    """Return the text without elements, in time linear in its length also where they are never closed."""
    pieces, done = [], 0
    start = text.find(opening)
    while start >= 0:
        after = text[start + len(opening) : start + len(opening) + 1]
        if opening[1].isalpha() and after not in {" ", ">", "/", ""}:
            start = text.find(opening, start + 1)
            continue
        end_of_tag = text.find(">", start)
        is_empty = opening[1].isalpha() and end_of_tag > 0 and text[end_of_tag - 1] == "/"
        close = end_of_tag if is_empty else text.find(closing, start)
        if close < 0:
            break
        pieces.append(text[done:start])
        done = close + (1 if is_empty else len(closing))
        start = text.find(opening, done)
    return "".join(pieces) + text[done:]
