"""The chosen epoch of a learning curve, and whether the training went on to over-fit."""

from __future__ import annotations

import pytest

from embedlab.evaluation.overfitting import ChosenEpoch, chosen_epoch


def history(**metrics: list[float]) -> list[dict[str, float]]:
    n_epochs = max(map(len, metrics.values()))
    return [
        {"epoch": n + 1, **{name: values[n] for name, values in metrics.items() if n < len(values)}}
        for n in range(n_epochs)
    ]


def test_the_training_error_falls_while_the_validation_error_rises() -> None:
    curve = history(loss=[4, 3, 2, 1], train_rmse=[2, 1.7, 1.4, 1], validation_rmse=[1.5, 1.2, 1.3, 1.4])
    assert chosen_epoch(curve, 2) == ChosenEpoch(2, "validation_rmse", 1.2, 1.4, 4, is_overfitting=True)


def test_a_curve_that_still_improves_is_not_over_fitting() -> None:
    curve = history(train_rmse=[2, 1.7, 1.4], validation_rmse=[1.5, 1.3, 1.2])
    assert chosen_epoch(curve, 3) == ChosenEpoch(3, "validation_rmse", 1.2, 1.2, 3, is_overfitting=False)


def test_a_change_that_only_rounding_shows_is_not_over_fitting() -> None:
    curve = history(train_rmse=[0.7, 0.69, 0.68], validation_rmse=[0.85, 0.84456, 0.84461])
    found = chosen_epoch(curve, 2)
    assert found is not None
    assert (found.last, found.is_overfitting) == (0.84461, False)


def test_the_loss_is_preferred_and_a_higher_accuracy_is_better() -> None:
    curve = history(loss=[3, 2, 1], validation_accuracy=[0.7, 0.8, 0.75], validation_loss=[0.6, 0.5, 0.55])
    assert chosen_epoch(curve, 2) == ChosenEpoch(2, "validation_loss", 0.5, 0.55, 3, is_overfitting=True)
    curve = history(train_accuracy=[0.7, 0.8, 0.9], **{"validation_ndcg@10": [0.1, 0.3, 0.2]})
    found = chosen_epoch(curve, 2)
    assert found is not None
    assert (found.metric, found.is_overfitting) == ("validation_ndcg@10", True)


def test_epochs_on_all_data_do_not_count() -> None:
    curve = history(train_rmse=[2, 1], validation_rmse=[1.2, 1.3])
    curve += [{"epoch": 3, "refit_rmse": 1.9}, {"epoch": 4, "refit_rmse": 1.0}]
    found = chosen_epoch(curve, 1)
    assert found is not None
    assert (found.last_epoch, found.last, found.is_overfitting) == (2, 1.3, True)


@pytest.mark.parametrize(
    "best", [pytest.param(None, id="absent"), pytest.param(0, id="biases only"), pytest.param(9, id="beyond"),
             pytest.param("2", id="text"), pytest.param(True, id="truth")]
)  # fmt: skip
def test_what_is_no_epoch_of_the_curve_is_not_marked(best: object) -> None:
    assert chosen_epoch(history(validation_rmse=[1.5, 1.2]), best) is None


def test_without_validation_only_the_epoch_is_known() -> None:
    assert chosen_epoch(history(loss=[2, 1]), 2) == ChosenEpoch(2)
