"""The inner loop of GloVe's training. Imports Numba: import it inside functions only."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from embedlab.core.compiled import compiled_fast

Array = npt.NDArray[Any]


@compiled_fast
def train_records(
    records: Array,
    words: Array,
    contexts: Array,
    word_gradsq: Array,
    context_gradsq: Array,
    learning_rate: float,
    log_x_max: float,
    alpha: float,
) -> float:
    """Take one AdaGrad step for each record, in order; return the sum of the weighted squared errors.

    Several threads may update the same tables without locks, as in the C program: two threads rarely update the same
    word at once, and a lost update does no harm.

    Parameters
    ----------
    records
        Structured `(n,)`: row, column and logarithm of a co-occurrence count.
    words, contexts
        `(n_words, vector_size + 1)` float32; the last column is the bias.
    word_gradsq, context_gradsq
        Sums of squared gradients, same shapes.
    """
    size = words.shape[1] - 1
    loss = 0.0
    rate = np.float32(learning_rate)
    for index in range(len(records)):
        log_count = records[index].log_count
        word, context = words[records[index].row], contexts[records[index].column]
        word_sum, context_sum = word_gradsq[records[index].row], context_gradsq[records[index].column]
        error = word[size] + context[size] - log_count
        for k in range(size):
            error += word[k] * context[k]
        weight = np.float32(1.0)
        if log_count < log_x_max:
            weight = np.float32(np.exp(alpha * (log_count - log_x_max)))
        weighted = weight * error
        loss += weighted * error
        # As in the published program, the learning rate does not apply to the biases.
        word[size] -= weighted / np.sqrt(word_sum[size])
        context[size] -= weighted / np.sqrt(context_sum[size])
        word_sum[size] += weighted * weighted
        context_sum[size] += weighted * weighted
        weighted *= rate
        for k in range(size):
            word_step, context_step = weighted * context[k], weighted * word[k]
            word[k] -= word_step / np.sqrt(word_sum[k])
            context[k] -= context_step / np.sqrt(context_sum[k])
            word_sum[k] += word_step * word_step
            context_sum[k] += context_step * context_step
    return loss
