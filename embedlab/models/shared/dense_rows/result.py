"""The result of a training on rows of numbers: vectors of rows and columns, and the encoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from embedlab.core.embedding import Embedding
from embedlab.models.contract.base import SNAPSHOT_KEYS, Context, State, TrainingResult
from embedlab.models.shared.dense_rows.placer import RowPlacer
from embedlab.models.shared.dense_rows.split import Floats, Rows, RowsSplit, is_known, row_blocks

#: Validation rows that are reconstructed after an epoch.
_MOST_VALIDATION_ROWS = 20_000
#: Metadata columns of the columns of a table.
CENTER, SCALE, MISSING = "center", "scale", "missing"


def rows_embedding(data: RowsSplit, placer: RowPlacer, context: Context | None = None) -> Embedding:
    """Return the vectors of all rows, those of the test part among them: they are encoded, not learned from."""
    n_rows = len(data.keys)
    vectors = np.empty((n_rows, placer.vector_size), np.float32)
    for block in row_blocks(n_rows, len(data.columns)):
        vectors[block] = placer.vectors(data.values.rows(block))
        if context is not None:
            context.progress(epoch=0, n_epochs=1, share_of_epoch=0.5 + 0.5 * block.stop / n_rows)
    return Embedding(vectors, data.keys, data.labels, data.metadata.reset_index(drop=True))


def columns_embedding(data: RowsSplit, placer: RowPlacer) -> Embedding:
    """Return the loadings: the correlation of each column with each dimension of the vectors, over the known rows.

    Of whitened principal components they are the eigenvectors times the square roots of the eigenvalues; of
    standardized columns they are the correlation matrix.
    """
    p, k = len(data.columns), placer.vector_size
    product, sums, squares = np.zeros((p, k)), np.zeros(p + k), np.zeros(p + k)
    rows = data.known
    for block in data.blocks(rows):
        standard = placer.scaling.standardize(block)
        both = np.concatenate([standard, placer.encode(standard)], axis=1).astype(np.float64)
        product += both[:, :p].T @ both[:, p:]
        sums += both.sum(axis=0)
        squares += np.square(both).sum(axis=0)
    mean = sums / len(rows)
    spread = np.sqrt(np.maximum(squares / len(rows) - mean**2, 0))
    covariance = product / len(rows) - np.outer(mean[:p], mean[p:])
    products = np.outer(spread[:p], spread[p:])
    # A column or dimension that does not vary has a spread of rounding errors.
    varies = np.outer(spread[:p] > 1e-6, spread[p:] > 1e-6 * max(1.0, float(spread[p:].max(initial=0))))
    loadings = np.divide(covariance, products, out=np.zeros_like(covariance), where=varies)
    scaling = placer.scaling
    metadata = pd.DataFrame({CENTER: scaling.center, SCALE: scaling.scale, MISSING: scaling.n_missing})
    return Embedding(np.clip(loadings, -1, 1).astype(np.float32), list(data.columns), metadata=metadata)


def squared_errors(data: RowsSplit, rows: Rows, placer: RowPlacer) -> tuple[float, float]:
    """Return the sums of squared errors and of squares of some rows, standardized; missing values do not count."""
    errors = squares = 0.0
    for block in data.blocks(rows[:_MOST_VALIDATION_ROWS]):
        standard = placer.scaling.standardize(block)
        error = (placer.decode(placer.encode(standard)) - standard)[is_known(block)]
        errors += float(np.square(error, dtype=np.float64).sum())
        squares += float(np.square(standard, dtype=np.float64).sum())
    return errors, squares


def explained_variance(errors: float, squares: float) -> float | None:
    """Return the explained share of the variance; None where nothing varies."""
    return 1 - errors / squares if squares > 0 else None


def say_what_is_left_out(data: RowsSplit, placer: RowPlacer, context: Context) -> None:
    """Log constant columns and missing values."""
    scaling = placer.scaling
    constant = [name for name, is_constant in zip(data.columns, scaling.is_constant, strict=True) if is_constant]
    if constant:
        shown = ", ".join(constant[:5])
        context.log(f"{len(constant)} columns have one value and do not count: {shown}")
    n_missing = int(scaling.n_missing.sum())
    if n_missing:
        context.log(f"{n_missing:,} missing or infinite values count as the center of their column")


def first_vectors(data: RowsSplit, placer: RowPlacer) -> dict[str, tuple[list[str], Floats]]:
    """Return the vectors of the first rows, for a snapshot."""
    first = data.values.rows(slice(0, SNAPSHOT_KEYS))
    return {"rows": (list(data.keys[:SNAPSHOT_KEYS]), placer.vectors(first))}


def dense_result(
    data: RowsSplit,
    placer: RowPlacer,
    context: Context,
    *,
    state: State | None = None,
    scores: Mapping[str, Any] | None = None,
    texts: Mapping[str, str] | None = None,
) -> TrainingResult:
    """Return the result of a training: the embeddings `rows` and `columns`, and the encoder."""
    say_what_is_left_out(data, placer, context)
    embeddings = {"rows": rows_embedding(data, placer, context), "columns": columns_embedding(data, placer)}
    return TrainingResult(embeddings, state or State({}), (placer,), scores=scores or {}, texts=texts or {})
