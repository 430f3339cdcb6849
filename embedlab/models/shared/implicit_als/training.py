"""A training by alternating least squares: search on validation data, epochs on the training part, refit on both."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from embedlab.core.embedding import KEY_COLUMN
from embedlab.kinds.ratings.interactions import Interactions, InteractionsSplit
from embedlab.models.contract.base import SNAPSHOT_KEYS, Context, State, TrainingResult, checkpoint_mismatch
from embedlab.models.shared.implicit_als.parameters import AlternatingParameters
from embedlab.models.shared.implicit_als.problem import Problem
from embedlab.models.shared.implicit_als.ranker import AlternatingRanker
from embedlab.models.shared.implicit_als.search import (
    MOST_SEARCH_FACTORS,
    SEARCH_EPOCHS,
    SEARCH_FILE,
    Point,
    Search,
    l2_scale,
    objective_of,
    search,
    search_interactions,
)
from embedlab.models.shared.implicit_als.solver import ITEMS, USERS, AlternatingSolver, one_blas_thread
from embedlab.models.shared.recommenders.embeddings import side_embedding
from embedlab.models.shared.recommenders.validation import VALIDATION_NDCG, ValidationRanking
from embedlab.models.shared.two_phases import TwoPhases

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float32]
#: Share of the first epoch's progress that the search gets.
_SEARCHED = 0.9


class AlternatingTraining:
    """One training.

    Parameters
    ----------
    data, parameters, context
        As for `Model.train`.
    features
        Sparse features of all users and items of the dataset, by `USERS` and `ITEMS`; empty without features.
    l2_features
        L2 regularization of the vectors of features, in units of items (or users) without interactions.
    """

    def __init__(
        self,
        data: InteractionsSplit,
        parameters: AlternatingParameters,
        context: Context,
        features: Mapping[str, csr_array] | None = None,
        l2_features: float = 20.0,
    ) -> None:
        self._data, self._parameters, self._context = data, parameters, context
        self._features, self._l2_features = dict(features or {}), l2_features
        self._validation = ValidationRanking.of(data)
        refit = parameters.refit and len(data.validation) > 0
        self._phases = TwoPhases(parameters.epochs, 0, refit)
        self._scores: dict[str, float] = {}
        self._searched = 0.0

    def result(self) -> TrainingResult:
        """Train and return the vectors, the ranker and what was chosen."""
        with _threads(self._context.n_threads) as threads:
            state = self._context.resume_state
            self._search = self._choose(threads) if state is None else self._resume(state)
            self._solver = self._new_solver(threads)
            if state is not None:
                self._restore(state)
            self._run(threads)
            self._solver.finish(self._tick)
            return self._finished()

    def _choose(self, threads: ThreadPoolExecutor) -> Search:
        parameters, data = self._parameters, self._data
        problem = self._problem(search_interactions(data, self._validation.test.users, parameters.seed))
        n_factors = min(parameters.n_factors, MOST_SEARCH_FACTORS)

        def quality(l2: float, alpha0: float) -> float:
            objective = objective_of(Point(l2, alpha0), parameters.nu)
            solver = AlternatingSolver(
                problem,
                objective,
                n_factors,
                seed=parameters.seed,
                l2_features=self._l2_features,
                threads=threads,
            )
            for _ in range(SEARCH_EPOCHS):
                solver.epoch(self._tick)
            found = self._validation.scores(self._ranker(solver), self._tick)[VALIDATION_NDCG]
            self._context.log(f"l2 {l2:.4g}, alpha0 {alpha0:.4g}: validation NDCG@10 {found:.4f}")
            return found

        def report(share: float) -> None:
            self._searched = _SEARCHED * share
            self._report(self._searched)

        self._report(0.0)
        found = search(
            parameters.l2,
            parameters.alpha0,
            scale=lambda alpha0: l2_scale(problem, parameters.nu, alpha0),
            quality=quality if self._validation else None,
            report=report,
        )
        self._context.log(f"chose l2 {found.best.l2:.4g}, alpha0 {found.best.alpha0:.4g}")
        return found

    def _problem(self, interactions: Interactions) -> Problem:
        features = self._features.get(USERS), self._features.get(ITEMS)
        return Problem.of(interactions, self._data.shape, *features, tick=self._tick)

    def _new_solver(self, threads: ThreadPoolExecutor) -> AlternatingSolver:
        parameters = self._parameters
        return AlternatingSolver(
            self._problem(self._data.known if self._phases.is_refit else self._data.train),
            objective_of(self._search.best, parameters.nu),
            parameters.n_factors,
            block_size=parameters.block,
            seed=parameters.seed,
            l2_features=self._l2_features,
            threads=threads,
        )

    def _run(self, threads: ThreadPoolExecutor) -> None:
        """Train until the last epoch, then again with the validation part.

        When the user stops the training, the current phase ends and no other begins.
        """
        phases = self._phases
        if phases.finished_epochs == 0:
            self._context.snapshot(0, self._snapshot)
        while not phases.phase_ended and not self._stops:
            self._epoch()
        if not phases.refit or phases.is_refit or self._stops:
            return
        phases.start_refit()
        self._solver = self._new_solver(threads)
        self._context.log(f"training again on {len(self._data.known):,} interactions with validation")
        while not phases.phase_ended and not (phases.epoch and self._stops):
            self._epoch()

    @property
    def _stops(self) -> bool:
        return self._context.stops_after(self._phases.finished_epochs)

    def _epoch(self) -> None:
        phases, solver = self._phases, self._solver
        started, n_pairs = time.perf_counter(), len(solver.problem.users.columns)
        before = self._searched if phases.finished_epochs == 0 else 0.0

        def report(share: float) -> None:
            rate = 2 * n_pairs * share / max(time.perf_counter() - started, 1e-9)
            self._report(before + (1 - before) * share, rate)

        solver.epoch(report)
        loss = solver.loss()
        name = "refit_loss" if phases.is_refit else "loss"
        metrics = {name: loss.total}
        if phases.is_refit:
            phases.epoch += 1
        else:
            metrics |= {
                "loss_observed": loss.observed,
                "loss_all_pairs": loss.all_pairs,
                "loss_l2": loss.regularization,
            }
            self._scores = self._validation.scores(self._ranker(solver), lambda: self._report(1.0))
            metrics |= self._scores
            phases.finish_epoch(loss.total)
        number = phases.finished_epochs
        self._context.record(number, **metrics)
        self._context.snapshot(number, self._snapshot)
        self._context.checkpoint(number, self._state)

    def _report(self, share_of_epoch: float, rate: float | None = None) -> None:
        phases = self._phases
        epoch = min(phases.finished_epochs, phases.expected_epochs - 1)
        self._context.progress(
            epoch=epoch,
            n_epochs=phases.expected_epochs,
            share_of_epoch=1.0 if epoch < phases.finished_epochs else share_of_epoch,
            rate=rate,
            rate_unit="interactions/s" if rate else "",
        )

    def _tick(self, share: float = 0.0) -> None:
        """Report that the training is alive, in a step whose share of the epoch is not known."""
        del share
        self._report(self._searched)

    def _tables(self, solver: AlternatingSolver) -> dict[str, tuple[Floats, npt.NDArray[np.bool_]]]:
        """Return for both sides the vectors of all rows of the dataset's tables, and which rows are known."""
        found = {}
        sides = {USERS: solver.problem.users, ITEMS: solver.problem.items}
        for name, n_rows in zip((USERS, ITEMS), self._data.shape, strict=True):
            vectors, is_known = np.zeros((n_rows, solver.n_factors), np.float32), np.zeros(n_rows, bool)
            vectors[sides[name].rows] = solver.vectors[name]
            is_known[sides[name].rows] = True
            found[name] = vectors, is_known
        return found

    def _ranker(self, solver: AlternatingSolver) -> AlternatingRanker:
        tables = self._tables(solver)
        users, is_known_user = tables[USERS]
        items, is_known_item = tables[ITEMS]
        prior = np.zeros(solver.n_factors, np.float32)
        features = solver.problem.users.features
        if features is not None:
            prior = np.asarray((features @ solver.features[USERS]).mean(axis=0), np.float32)
        ranker = AlternatingRanker(users, items, is_known_item, prior, solver.objective, int(is_known_item.sum()))
        users[~is_known_user] = ranker.newcomer
        return ranker

    def _snapshot(self) -> dict[str, tuple[list[str], Floats]]:
        tables = {USERS: self._data.dataset.users, ITEMS: self._data.dataset.items}
        return {
            name: (tables[name][KEY_COLUMN].head(SNAPSHOT_KEYS).tolist(), vectors[:SNAPSHOT_KEYS])
            for name, (vectors, _) in self._tables(self._solver).items()
        }

    def _state(self) -> State:
        """Return everything needed to resume."""
        solver = self._solver
        arrays = {
            **{f"{name}_vectors": each.copy() for name, each in solver.vectors.items()},
            **{f"{name}_features": each.copy() for name, each in solver.features.items()},
        }
        points = [[each.l2, each.alpha0, each.quality] for each in self._search.points]
        return State(arrays, {**self._phases.config(), "points": points, "scores": dict(self._scores)})

    def _resume(self, state: State) -> Search:
        try:
            self._phases.resume(state.config, "best_error")
            self._scores = {str(name): float(value) for name, value in state.config["scores"].items()}
            return Search(
                tuple(Point(float(l2), float(alpha0), quality) for l2, alpha0, quality in state.config["points"])
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise checkpoint_mismatch() from error

    def _restore(self, state: State) -> None:
        try:
            vectors, features = (
                {name: state.arrays[f"{name}_{what}"] for name in (USERS, ITEMS)} for what in ("vectors", "features")
            )
            self._solver.restore(vectors, features)
        except (KeyError, ValueError) as error:
            raise checkpoint_mismatch() from error

    def _finished(self) -> TrainingResult:
        ranker = self._ranker(self._solver)
        best = self._search.best
        tables = self._tables(self._solver)
        datasets = {USERS: self._data.dataset.users, ITEMS: self._data.dataset.items}
        embeddings = {name: side_embedding(datasets[name], *tables[name]) for name in (USERS, ITEMS)}
        scores: dict[str, Any] = {**self._scores, "l2": best.l2, "alpha0": best.alpha0}
        if self._phases.is_refit:
            scores["n_refit_epochs"] = self._phases.epoch
        return TrainingResult(embeddings, self._state(), (ranker,), scores, texts={SEARCH_FILE: self._search.table()})

    @property
    def feature_vectors(self) -> dict[str, Floats]:
        """The vectors of the features of both sides, after the training."""
        return self._solver.features


@contextmanager
def _threads(n_threads: int) -> Iterator[ThreadPoolExecutor]:
    """Start threads for the rows."""
    with one_blas_thread(), ThreadPoolExecutor(max(1, n_threads)) as threads:
        yield threads
