"""Figures that could not be computed: which are kept, which become reasons, and which errors pass through."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from embedlab.core.errors import CancelledError, InputError, StorageError
from embedlab.jobs.not_computed import NOT_COMPUTED, NotComputed, with_newer

NAN, INF = float("nan"), float("inf")


def test_a_failure_is_a_reason_in_one_plain_sentence() -> None:
    missing = NotComputed()

    def fail(error: Exception) -> Callable[[], None]:
        def compute() -> None:
            raise error

        return compute

    assert missing.attempt("a", "The score a", lambda: 1.5) == 1.5
    assert missing.attempt("b", "The score b", fail(InputError("One word is not enough."))) is None
    assert missing.attempt("c", "The score c", fail(np.linalg.LinAlgError("secret of the data"))) is None
    assert missing.attempt("d", "The score d", fail(MemoryError())) is None
    assert set(missing.reasons) == {"b", "c", "d"}
    assert missing.reasons["b"] == "The score b could not be computed: One word is not enough."
    assert "LinAlgError" in missing.reasons["c"]
    assert "secret" not in missing.reasons["c"]
    assert "memory" in missing.reasons["d"]


def test_an_unforeseen_error_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    def compute() -> float:
        raise ValueError("inhomogeneous shape")

    NotComputed().attempt("a", "The score a", compute)
    assert caplog.records[-1].exc_info is not None
    assert "inhomogeneous shape" in caplog.text


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(CancelledError("The job was cancelled."), id="cancelled"),
        pytest.param(StorageError("The disk is full."), id="full-disk"),
        pytest.param(OSError(28, "No space left on device"), id="full-disk-of-the-system"),
    ],
)
def test_a_cancellation_and_a_full_disk_pass_through(error: Exception) -> None:
    def compute() -> None:
        raise error

    missing = NotComputed()
    with pytest.raises(type(error)):
        missing.attempt("a", "The score a", compute)
    assert missing.reasons == {}


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        pytest.param(0.25, 0.25, id="finite"),
        pytest.param(None, None, id="none"),
        pytest.param(np.float32(0.5), 0.5, id="numpy"),
        pytest.param(np.array([1, 2]), [1, 2], id="array"),
        pytest.param({"a": [1, (2.0, "x")]}, {"a": [1, [2.0, "x"]]}, id="nested"),
    ],
)
def test_what_is_finite_is_kept_as_json_has_it(value: Any, kept: Any) -> None:
    missing = NotComputed()
    assert missing.finite({"score": value}) == {"score": kept}
    assert missing.reasons == {}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(NAN, id="nan"),
        pytest.param(-INF, id="infinite"),
        pytest.param(np.float32("inf"), id="numpy"),
        pytest.param(np.array([0.0, NAN]), id="array"),
        pytest.param({"score": NAN, "covered": 3}, id="score"),
        pytest.param({"score": 1.0, "by": [{"share": INF}]}, id="nested"),
        pytest.param({"score": object()}, id="no-json"),
    ],
)
def test_what_is_not_finite_is_left_out_with_a_reason(value: Any) -> None:
    missing = NotComputed()
    scores = missing.among(missing.finite({"good": 1, "bad": value}))
    assert scores.keys() == {"good", NOT_COMPUTED}
    assert scores[NOT_COMPUTED].keys() == {"bad"}
    json.dumps(scores, allow_nan=False)


def test_of_a_score_without_a_finite_interval_the_score_stays() -> None:
    missing = NotComputed()
    given = {"a": {"score": 0.5, "low": NAN, "high": 1.0, "covered": 9}, "documents": {"interval": [NAN, 1.0]}}
    kept = missing.finite(given)
    assert kept["a"] == {"score": 0.5, "low": None, "high": 1.0, "covered": 9}
    assert kept["documents"] == {"interval": None}
    assert missing.reasons.keys() == {"a_interval", "documents_interval"}


def test_of_several_files_only_the_one_that_fails_is_left_out() -> None:
    missing = NotComputed()
    kept = missing.finite(
        {"files": {"f1": {"name": "good.tsv", "score": 1.0}, "f2": {"name": "bad.tsv", "score": NAN}}}
    )
    assert kept == {"files": {"f1": {"name": "good.tsv", "score": 1.0}}}
    assert "bad.tsv" in missing.reasons["f2"]


def test_newer_scores_take_older_reasons_with_them() -> None:
    before = {"loss": 1.0, "analogies": {"score": 1}, NOT_COMPUTED: {"checks": "x", "stability": "y", "judging": "z"}}
    judged = with_newer(before, {"checks": {"score": 1.0}}, ("analogies", "checks", "files"))
    assert judged == {"loss": 1.0, "checks": {"score": 1.0}, NOT_COMPUTED: {"stability": "y"}}
    steady = with_newer(judged, {"stability": {"score": 1.0}})
    assert NOT_COMPUTED not in steady
    # An older score that stands is not missing.
    assert with_newer(steady, {NOT_COMPUTED: {"stability": "w"}}) == steady
