"""Accessibility rules that a page violates, found by axe-core from a package: no downloads."""

from __future__ import annotations

from typing import NamedTuple

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: WCAG 2.2 at levels A and AA, and axe's best practices.
_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


class Violation(NamedTuple):
    """A broken rule: its id in axe-core, how bad it is, and the elements that break it."""

    rule: str
    impact: str
    elements: tuple[str, ...]


def violations(page: Page) -> list[Violation]:
    """Return the rules that the current page violates, by id.

    Notes
    -----
    Deque Systems, axe-core: https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md
    """
    options = {
        "resultTypes": ["violations"],
        "runOnly": {"type": "tag", "values": list(_TAGS)},
        # Held to be experimental, and so off by itself: what is read out must contain what is seen (WCAG 2.5.3).
        "rules": {"label-content-name-mismatch": {"enabled": True}},
    }
    found = Axe().run(page, options=options).response["violations"]
    return sorted(
        Violation(each["id"], str(each["impact"]), tuple(" ".join(map(str, node["target"])) for node in each["nodes"]))
        for each in found
    )
