"""Registry of projection methods by name. Importing it imports no heavy library.

To add a method, write a file with its class and add a line here.
"""

from __future__ import annotations

import re
from typing import Any

from embedlab.core.errors import ParameterError
from embedlab.projections.base import ProjectionMethod
from embedlab.projections.formula import Formula
from embedlab.projections.pacmap import PaCMAP
from embedlab.projections.pca import PCA
from embedlab.projections.raw import Raw
from embedlab.projections.tsne import TSNE
from embedlab.projections.umap import UMAP

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,19}")

#: Methods by the name used on the command line and in the catalog.
METHODS: dict[str, ProjectionMethod[Any]] = {}


def register(method: ProjectionMethod[Any]) -> None:
    """Add a method; raises `ValueError` for a name that is in use, or that the catalog cannot store."""
    if not _NAME.fullmatch(method.name) or method.name in METHODS:
        raise ValueError(f"a projection method cannot be called {method.name!r}")
    METHODS[method.name] = method


for _known in (PCA(), TSNE(), UMAP(), PaCMAP(), Raw(), Formula()):
    register(_known)


def method(name: str) -> ProjectionMethod[Any]:
    """Return the method with this name.

    Raises
    ------
    ParameterError
        There is no such method; the remedy lists the methods.
    """
    try:
        return METHODS[name]
    except KeyError:
        raise ParameterError(
            "There is no such projection method.", received=name, remedy=f"Choose one of {', '.join(METHODS)}."
        ) from None


def title_of(name: str) -> str:
    """Return the title of a method; for an unknown method its stored name."""
    return METHODS[name].title if name in METHODS else name


def settings_text(name: str, parameters: dict[str, Any]) -> str:
    """Return the settings that distinguish the maps of a method; empty for an unknown method."""
    return METHODS[name].settings_text(parameters) if name in METHODS else ""


def first_method() -> ProjectionMethod[Any]:
    """Return the method of the first map of an embedding."""
    return next(known for known in METHODS.values() if known.first_dimensions)
