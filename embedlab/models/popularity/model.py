"""The most popular items: the baseline that every recommender has to beat."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from embedlab.core.kind import Counts
from embedlab.kinds.ratings.interactions import InteractionsSplit
from embedlab.models.contract.base import Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.popularity.ranker import PopularityRanker
from embedlab.models.shared.recommenders.validation import ValidationRanking
from embedlab.models.shared.script_templates import model_script

#: Measured on a 2-core laptop-class machine: start, one interaction.
_START_S = 0.5
_INTERACTION_S = 2e-7
_INTERACTION_BYTES = 60
_START_MB = 150.0


class PopularityParameters(Parameters):
    """Popularity has no parameters but the seed, which changes nothing."""


class Popularity(Model[PopularityParameters, InteractionsSplit]):
    """Recommends the items that most users chose. It learns no vectors."""

    name: ClassVar[str] = "popularity"
    title: ClassVar[str] = "Most popular items"
    summary: ClassVar[str] = "Recommends the same popular items to everyone: the baseline to beat."
    task: ClassVar[str] = "ranking"
    learns_vectors: ClassVar[bool] = False
    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    parameters_class = PopularityParameters
    abilities = (PopularityRanker,)
    own_baselines: ClassVar[tuple[str, ...]] = ("popularity",)

    def defaults(self, counts: Counts) -> PopularityParameters:
        """Return the only parameters there are."""
        del counts
        return PopularityParameters()

    def estimate(self, counts: Counts, parameters: PopularityParameters, n_threads: int) -> Estimate:
        """Return the time and memory to count the interactions."""
        del parameters, n_threads
        n = counts["ratings"]
        return Estimate(_START_S + n * _INTERACTION_S, _START_MB + n * _INTERACTION_BYTES / 1e6)

    def script(self, parameters: PopularityParameters, data_file: str) -> str:
        """Return a script that uses only pandas; `data_file` has the columns user, item, weight and part."""
        return model_script(__file__, parameters, data_file=data_file)

    def train(self, data: InteractionsSplit, parameters: PopularityParameters, context: Context) -> TrainingResult:
        """Count the users of each item."""
        del parameters
        context.progress(epoch=0, n_epochs=1, share_of_epoch=0.0)
        n_items = data.shape[1]
        on_train = PopularityRanker(np.bincount(data.train.items, minlength=n_items).astype(np.float32))
        scores = ValidationRanking.of(data).scores(on_train)
        ranker = PopularityRanker(np.bincount(data.known.items, minlength=n_items).astype(np.float32))
        return TrainingResult({}, ranker.state(), (ranker,), scores)
