"""The most likely new links of a node, by a trained run."""

from __future__ import annotations

import numpy as np

from embedlab.core.errors import NotFoundError
from embedlab.core.similarity import Answer, best_rows, checked_topn
from embedlab.kinds.graph.dataset import GraphDataset
from embedlab.models.contract.abilities import PredictsLinks


def likely_links(ability: PredictsLinks, dataset: GraphDataset, key: str, topn: int = 10) -> list[Answer]:
    """Return the nodes without a link to a node that the run most expects to be linked to it, most likely first.

    Parameters
    ----------
    key
        A node.
    topn
        Number of answers.

    Raises
    ------
    NotFoundError
        The graph has no such node.
    ParameterError
        `topn` is out of bounds.
    """
    checked_topn(topn)
    row = dataset.row_of.get(key)
    if row is None:
        raise NotFoundError("The graph has no such node.", received=key, remedy="Check the spelling, or search for it.")
    scores = np.nan_to_num(ability.scores(np.array([row], np.int32))[0], nan=-np.inf)
    linked = dataset.neighbors.of(row).tolist()
    labels = dataset.nodes["label"]
    return [
        Answer(dataset.keys[each], str(labels.iloc[each]), float(scores[each]))
        for each in best_rows(scores, topn, [row, *linked])
    ]
