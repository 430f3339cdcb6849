"""Sentences about tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from embedlab.ui.shell.plain import plain
from embedlab.ui.widgets.wording import number

TYPE_TITLES = {
    "category": "Category",
    "number": "Number",
    "text": "Text",
    "date": "Date",
    "id": "Id",
    "left-out": "Left out",
}


def target_sentence(target: Mapping[str, Any]) -> str:
    """Return what is predicted, as Markdown."""
    name = plain(str(target["name"]), 60)
    if target["n_classes"]:
        return f"Models predict **{name}**: one of {number(int(target['n_classes']))} classes."
    what = f"the logarithm of **{name}**" if target["is_log"] else f"the number **{name}**"
    offer = " Its logarithm can be predicted instead." if target["may_be_log"] and not target["is_log"] else ""
    return f"Models predict {what}.{offer}"
