"""Labels at the beginning of a line, as fastText has them: `__label__spam win a prize`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from embedlab.kinds.text.batches import Batch

_PREFIXES: Final = re.compile(r"\s*((?:__label__[^\s,]+[\s,]*)+)")
_LABEL: Final = re.compile(r"__label__([^\s,]+)")
_SHARE: Final = 0.9


def have_prefixes(lines: Sequence[str]) -> bool:
    """Return whether nearly all lines begin with a label."""
    full = [line for line in lines if line.strip()]
    return bool(full) and sum(line.lstrip().startswith("__label__") for line in full) >= _SHARE * len(full)


def without_prefixes(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Yield the documents without their labels, and the labels; several labels of a document are one, with a comma."""
    for batch in batches:
        texts, labels = list(batch.texts), []
        for place, text in enumerate(texts):
            match = None if batch.continues and place == 0 else _PREFIXES.match(text)
            labels.append("" if match is None else ", ".join(_LABEL.findall(match[1])))
            texts[place] = text if match is None else text[match.end() :]
        yield replace(batch, texts=texts, labels=labels)
