"""EmbedLab: train, see, question, judge and take away embeddings of discrete data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embedlab.notebook.opening import OpenedMap

__version__ = "0.1.0"


def open(vectors: Any, names: Any = None, metadata: Any = None, **options: Any) -> OpenedMap:  # noqa: A001
    """Open the map of gensim `KeyedVectors`, or of an array with names, in the browser.

    See `embedlab.notebook.opening.open_map` for the parameters: `title`, `workspace`, `method`, `color`, `select`,
    `browser` and `port`. The import is inside, so that `import embedlab` stays fast.
    """
    from embedlab.notebook.opening import open_map

    return open_map(vectors, names, metadata, **options)
