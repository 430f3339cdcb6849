"""All models by name. Importing this imports no heavy library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from embedlab.core.errors import NotFoundError
from embedlab.core.kind import Counts, Kind
from embedlab.models.contract.base import Model
from embedlab.models.doc2vec.model import Doc2Vec
from embedlab.models.fasttext.model import FastText
from embedlab.models.glove.model import Glove
from embedlab.models.keras_skipgram.model import KerasSkipgram
from embedlab.models.lsa.model import LSA
from embedlab.models.matrix_factorization.model import MatrixFactorization
from embedlab.models.ppmi_svd.model import PpmiSvd
from embedlab.models.text_classifier.model import TextClassifier
from embedlab.models.word2vec.model import Word2Vec

_MODELS: dict[str, Model[Any, Any]] = {
    known.name: known
    for known in (
        Word2Vec(),
        FastText(),
        Glove(),
        PpmiSvd(),
        KerasSkipgram(),
        Doc2Vec(),
        LSA(),
        TextClassifier(),
        MatrixFactorization(),
    )
}
#: Models by the name used on the command line and in the catalog.
MODELS: Mapping[str, Model[Any, Any]] = MappingProxyType(_MODELS)


def register(added: Model[Any, Any]) -> None:
    """Add a model.

    Raises
    ------
    ValueError
        Another model has the same name.
    """
    if added.name in _MODELS:
        raise ValueError(f"there is already a model {added.name}")
    _MODELS[added.name] = added


@contextmanager
def registered(*added: Model[Any, Any]) -> Iterator[None]:
    """Add models temporarily, for the duration of a `with` block."""
    done: list[str] = []
    try:
        for each in added:
            register(each)
            done.append(each.name)
        yield
    finally:
        for name in done:
            del _MODELS[name]


def model(name: str) -> Model[Any, Any]:
    """Return the model with this name.

    Raises
    ------
    NotFoundError
        There is none; the remedy lists all names.
    """
    try:
        return MODELS[name]
    except KeyError:
        raise NotFoundError(
            "There is no such model.", received=name, remedy=f"Known models: {', '.join(MODELS)}."
        ) from None


def models_for(kind: str) -> tuple[Model[Any, Any], ...]:
    """Return the models that can be trained on datasets of this kind."""
    return tuple(known for known in MODELS.values() if known.kind == kind)


#: Below this many words, counting beats sampling: the same vectors every time, in seconds.
_SMALL_TEXT = 200_000


def recommended(kind: str, counts: Counts) -> Model[Any, Any]:
    """Return the recommended model for a dataset of this kind and size.

    Raises
    ------
    NotFoundError
        No model can be trained on this kind.
    """
    known = models_for(kind)
    if not known:
        raise NotFoundError("No model can be trained on this kind of dataset.", received=kind)
    small = kind == Kind.TEXT and counts.get("tokens", 0) < _SMALL_TEXT
    return MODELS["ppmi-svd"] if small else known[0]
