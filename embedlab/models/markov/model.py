"""Markov chain: the next item by how often it came directly after the last one."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from embedlab.core.kind import Counts
from embedlab.kinds.sequences.splits import SequencesSplit
from embedlab.models.contract.base import ADVANCED, LOG, Context, Estimate, Model, Parameters, TrainingResult
from embedlab.models.markov.predictor import MarkovPredictor
from embedlab.models.markov.vectors import step_vectors
from embedlab.models.shared.next_items.embeddings import ITEMS, item_embedding
from embedlab.models.shared.next_items.refusal import nothing_to_learn
from embedlab.models.shared.next_items.scoring_cost import scoring_mb, scoring_seconds
from embedlab.models.shared.next_items.tables import StepTable
from embedlab.models.shared.next_items.validation import VALIDATION_MRR, ValidationCases
from embedlab.models.shared.script_templates import model_script

#: Tried on the validation part if no smoothing is given; without a validation part, the usual one.
SMOOTHINGS = (0.1, 0.5, 2.0, 10.0)
_USUAL = 0.1


class MarkovParameters(Parameters):
    """Parameters of the Markov chain."""

    main: ClassVar[tuple[str, ...]] = ("smoothing", "vector_size")

    smoothing: float | None = Field(
        None,
        title="Smoothing",
        gt=0,
        le=1e6,
        description="Pseudo-counts added to the steps from each item, spread by popularity. Empty: chosen on "
        "validation data.",
        json_schema_extra=LOG,
    )
    vector_size: int = Field(
        32,
        title="Dimensions of the map's vectors",
        ge=1,
        le=1024,
        description="Size of the vectors that the steps are compressed to. The predictions do not use them.",
        json_schema_extra=ADVANCED,
    )


class Markov(Model[MarkovParameters, SequencesSplit]):
    """First-order Markov chain with smoothed transition probabilities."""

    name: ClassVar[str] = "markov"
    title: ClassVar[str] = "Markov chain"
    summary: ClassVar[str] = "Counts which item comes directly after which: a table that is hard to beat."
    task: ClassVar[str] = "next-item"
    libraries: ClassVar[tuple[str, ...]] = ("numpy", "scipy", "scikit-learn")
    parameters_class = MarkovParameters
    abilities = (MarkovPredictor,)
    own_baselines: ClassVar[tuple[str, ...]] = ("markov_table",)

    def defaults(self, counts: Counts) -> MarkovParameters:
        """Return the defaults; the smoothing is chosen on validation data."""
        del counts
        return MarkovParameters()

    def estimate(self, counts: Counts, parameters: MarkovParameters, n_threads: int) -> Estimate:
        """Return the time and memory of counting, of validation and scores, and of the singular vectors."""
        del n_threads
        n_items, n_steps = counts["items"], counts["events"]
        n_candidates = len(SMOOTHINGS) if parameters.smoothing is None else 1
        validation_s = n_candidates * min(0.1 * counts["users"], 3000) * n_items * _SCORE_S
        seconds = _START_S + n_steps * _STEP_S + validation_s
        seconds += (n_steps + n_items * parameters.vector_size) * parameters.vector_size * _SVD_S
        validation_mb = min(3000 * n_items, 1 << 24) * 24 / 1e6
        memory = _START_MB + (n_steps * 60 + n_items * parameters.vector_size * 40) / 1e6
        memory += max(validation_mb, scoring_mb(counts))
        return Estimate(float(seconds + scoring_seconds(counts)), float(memory))

    def script(self, parameters: MarkovParameters, data_file: str) -> str:
        """Return a script with NumPy, pandas and scikit-learn; `data_file` has the columns sequence, item and part."""
        return model_script(
            __file__,
            parameters,
            data_file=data_file,
            smoothings=list(SMOOTHINGS if parameters.smoothing is None else (parameters.smoothing,)),
        )

    def train(self, data: SequencesSplit, parameters: MarkovParameters, context: Context) -> TrainingResult:
        """Choose the smoothing on the validation part, then count all known steps."""
        context.progress(epoch=0, n_epochs=1, share_of_epoch=0.0)
        n_items, validation = data.n_items, ValidationCases.of(data)
        candidates = SMOOTHINGS if parameters.smoothing is None else (parameters.smoothing,)
        found: dict[float, dict[str, float]] = {}
        of_train = StepTable.of_steps(data.train, n_items, _USUAL)
        for number, smoothing in enumerate(candidates if validation else ()):
            table = StepTable(of_train.rows, of_train.counts, smoothing)

            def tick(number: int = number) -> None:
                context.progress(epoch=0, n_epochs=1, share_of_epoch=0.6 * number / len(candidates))

            found[smoothing] = validation.scores(table.next_scores, tick)
            context.log(f"smoothing {smoothing:g}: validation MRR {found[smoothing][VALIDATION_MRR]:.4f}")
        chosen = max(found, key=lambda each: found[each][VALIDATION_MRR]) if found else parameters.smoothing or _USUAL
        context.progress(epoch=0, n_epochs=1, share_of_epoch=0.6)
        table = StepTable.of_steps(data.known, n_items, chosen)
        if not table.rows.nnz:
            raise nothing_to_learn(data.known)
        vectors = step_vectors(table.rows, parameters.vector_size, parameters.seed)
        context.progress(epoch=0, n_epochs=1, share_of_epoch=1.0)
        predictor = MarkovPredictor(table)
        embeddings = {ITEMS: item_embedding(data.dataset, vectors, table.counts > 0)}
        return TrainingResult(
            embeddings, predictor.state(), (predictor,), {**found.get(chosen, {}), "smoothing": chosen}
        )


#: Measured on a 2-core laptop-class machine: start; one step; one score of the validation; one product of the SVD.
_START_S = 2.0
_STEP_S = 5e-7
_SCORE_S = 3e-8
_SVD_S = 1.5e-8
_START_MB = 275.0
