from __future__ import annotations

import pytest

from embedlab.core.errors import InputError
from embedlab.models.shared.two_phases import TwoPhases, expected_epochs


def run(errors, *, max_epochs, patience, refit=True):
    phases = TwoPhases(max_epochs, patience, refit)
    expected = [phases.expected_epochs]
    for error in errors:
        if phases.phase_ended:
            break
        phases.finish_epoch(error)
        expected.append(phases.expected_epochs)
    return phases, expected


@pytest.mark.parametrize(
    ("errors", "patience", "best", "epochs", "stopped"),
    [
        pytest.param([3, 1, 2, 2, 0], 2, 2, 4, "patience", id="patience"),
        pytest.param([3, 2, 1], 2, 3, 3, "last_epoch_still_improving", id="still-improving"),
        pytest.param([3, 1, 2], 2, 2, 3, "last_epoch", id="patience-left"),
        pytest.param([1, 2, 3], 0, 3, 3, "last_epoch", id="no-patience"),
    ],
)
def test_the_best_epoch_is_chosen(errors, patience, best, epochs, stopped):
    phases, _ = run(
        errors, max_epochs=max(3, len(errors)) if patience == 2 and len(errors) > 3 else 3, patience=patience
    )
    assert (phases.best_epoch, phases.epoch, phases.stopped) == (best, epochs, stopped)
    phases.start_refit()
    assert (phases.stopped, phases.is_refit, phases.phase_ended) == (stopped, True, False)
    phases.epoch = best
    assert phases.phase_ended
    assert phases.finished_epochs == phases.expected_epochs == epochs + best


def test_the_expected_number_of_epochs_never_rises():
    phases, expected = run([3, 1, 2, 2], max_epochs=10, patience=2)
    phases.start_refit()
    assert [*expected, phases.expected_epochs] == [20, 20, 20, 20, 20, 6]


def test_a_checkpoint_holds_all_of_it():
    phases, _ = run([3, 1, 2, 2], max_epochs=10, patience=2)
    phases.start_refit()
    again = TwoPhases(10, 2, True)
    again.resume(phases.config(), "best_loss")
    assert again == phases


def test_without_patience_all_epochs_are_expected_twice():
    assert expected_epochs(10, 0, refit=True) == 20
    assert expected_epochs(10, 0, refit=False) == 10
    assert expected_epochs(1000, 5, refit=False) < expected_epochs(1000, 5, refit=True) < 100


@pytest.mark.parametrize("value", [None, [1], float("nan"), -1, "x"], ids=["none", "list", "nan", "negative", "text"])
@pytest.mark.parametrize("name", ["epoch", "best_epoch", "first_epochs"])
def test_a_damaged_checkpoint_does_not_match(name, value):
    stored = TwoPhases(5, 2, refit=True).config()
    with pytest.raises(InputError, match="does not match"):
        TwoPhases(5, 2, refit=True).resume({**stored, name: value}, "best_loss")
    with pytest.raises(InputError, match="does not match"):
        TwoPhases(5, 2, refit=True).resume({key: stored[key] for key in stored if key != "best_error"}, "best_loss")
