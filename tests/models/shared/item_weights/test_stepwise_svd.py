"""Singular vectors in steps: the same as those of scikit-learn, and stopped between two steps."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.utils.extmath import randomized_svd

from embedlab.core.errors import CancelledError
from embedlab.models.shared.item_weights import stepwise_svd as module
from embedlab.models.shared.item_weights.stepwise_svd import stepwise_svd


@pytest.mark.parametrize("shape", [(60, 40), (40, 60), (3, 9)], ids=["tall", "wide", "tiny"])
@pytest.mark.parametrize("is_sparse", [False, True], ids=["dense", "sparse"])
@pytest.mark.parametrize("block", [50, 10**9], ids=["many-blocks", "one-block"])
def test_the_same_as_scikit_learn(
    shape: tuple[int, int], is_sparse: bool, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BLOCK_PRODUCTS", block)
    rng = np.random.default_rng(0)
    dense = (rng.normal(size=shape) * (rng.random(shape) < 0.4)).astype(np.float32)
    matrix = csr_array(dense) if is_sparse else dense
    found = stepwise_svd(matrix, 3, seed=5)
    for each, expected in zip(found, randomized_svd(matrix, 3, random_state=5), strict=True):
        np.testing.assert_allclose(each, expected, atol=2e-4)


def test_a_long_decomposition_stops_between_two_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK_PRODUCTS", 1000)
    shares: list[float] = []

    def report(share: float) -> None:
        shares.append(share)
        if len(shares) == 20:
            raise CancelledError("stop")

    with pytest.raises(CancelledError):
        stepwise_svd(np.ones((50, 40), np.float32), 2, 0, report)
    assert shares == sorted(shares)
    assert shares[0] >= 0
    assert shares[-1] < 1
