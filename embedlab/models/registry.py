"""All models by name. Importing this imports no heavy library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

from embedlab.core.errors import NotFoundError
from embedlab.core.kind import Counts
from embedlab.models.autoencoder.model import Autoencoder
from embedlab.models.bayesian_factorization.model import BayesianFactorization
from embedlab.models.bpr.model import Bpr
from embedlab.models.content.model import Content
from embedlab.models.contract.base import FILE_NAME, Model
from embedlab.models.deep_ratings.model import DeepRatings
from embedlab.models.doc2vec.model import Doc2Vec
from embedlab.models.ease.model import Ease
from embedlab.models.entity_embeddings.model import EntityEmbeddings
from embedlab.models.fast_factorization.model import FastFactorization
from embedlab.models.fasttext.model import FastText
from embedlab.models.glove.model import Glove
from embedlab.models.hybrid.model import Hybrid
from embedlab.models.ials.model import Ials
from embedlab.models.image_classifier.model import ImageClassifier
from embedlab.models.item2vec.model import Item2Vec
from embedlab.models.item_knn.model import ItemKnn
from embedlab.models.keras_skipgram.model import KerasSkipgram
from embedlab.models.lsa.model import LSA
from embedlab.models.markov.model import Markov
from embedlab.models.matrix_factorization.model import MatrixFactorization
from embedlab.models.next_item.model import NextItemModel
from embedlab.models.node2vec.model import Node2Vec
from embedlab.models.pca_whitening.model import PcaWhitening
from embedlab.models.poincare.model import Poincare
from embedlab.models.popularity.model import Popularity
from embedlab.models.ppmi_svd.model import PpmiSvd
from embedlab.models.pure_svd.model import PureSvd
from embedlab.models.rp3beta.model import Rp3Beta
from embedlab.models.softmax_items.model import SoftmaxItems
from embedlab.models.spectral.model import Spectral
from embedlab.models.standardization.model import Standardization
from embedlab.models.text_classifier.model import TextClassifier
from embedlab.models.two_tower.model import TwoTower
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
        EntityEmbeddings(),
        ImageClassifier(),
        BayesianFactorization(),
        FastFactorization(),
        MatrixFactorization(),
        Ials(),
        Hybrid(),
        Content(),
        DeepRatings(),
        SoftmaxItems(),
        Ease(),
        Bpr(),
        PureSvd(),
        Rp3Beta(),
        ItemKnn(),
        Popularity(),
        PcaWhitening(),
        Autoencoder(),
        Standardization(),
        Node2Vec(),
        Spectral(),
        Poincare(),
        TwoTower(),
        NextItemModel(),
        Item2Vec(),
        Markov(),
    )
}
#: Models by the name used on the command line and in the catalog.
MODELS: Mapping[str, Model[Any, Any]] = MappingProxyType(_MODELS)


def register(added: Model[Any, Any]) -> None:
    """Add a model.

    Raises
    ------
    ValueError
        Another model has the name, or one of the model's files has a name that is not allowed.
    """
    if added.name in _MODELS:
        raise ValueError(f"there is a model {added.name} already")
    if unusable := [name for name in added.files if not FILE_NAME.fullmatch(name)]:
        raise ValueError(f"the model {added.name} cannot have a file called {unusable[0]!r}")
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


def learns_vectors(name: str) -> bool:
    """Return whether trainings of a model leave embeddings; true for a model that this version does not have."""
    known = MODELS.get(name)
    return known is None or known.learns_vectors


def run_files() -> frozenset[str]:
    """Return the names of the files that models leave in the folders of their runs."""
    return frozenset(name for known in MODELS.values() for name in known.files)


class Recommendation(NamedTuple):
    """The recommended model and the reason in one sentence; the reason is empty for a fallback."""

    model: Model[Any, Any]
    reason: str


def recommended(
    kind: str,
    counts: Counts,
    task: str = "",
    details: Mapping[str, Any] = MappingProxyType({}),
    fits: Callable[[Model[Any, Any]], bool] = lambda _: True,
) -> Recommendation:
    """Return the first model that recommends itself for the dataset, or else the first one.

    Parameters
    ----------
    kind, counts, details
        Of the dataset.
    task
        Name of the task to train for; empty for any.
    fits
        Whether a model can be trained on the dataset; if none can, all are considered.

    Raises
    ------
    NotFoundError
        No model learns from this kind, or for this task.
    """
    known = [each for each in models_for(kind) if task in {"", each.task}]
    if not known:
        raise NotFoundError(
            "No model learns from this kind of data.", received=f"{kind}, to train for {task}" if task else kind
        )
    known = [each for each in known if fits(each)] or known
    found = (Recommendation(each, each.recommendation_for(counts, details)) for each in known)
    return next((each for each in found if each.reason), Recommendation(known[0], ""))
