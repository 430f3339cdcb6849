"""An error kept with a job comes back as the error it was."""

from __future__ import annotations

import errno
import json
from dataclasses import asdict

import pytest

from embedlab.core.errors import CancelledError, EmbedLabError, InputError, ParameterError, StorageError
from embedlab.jobs.engine.error_report import ErrorReport, interrupted_report, stalled_report


@pytest.mark.parametrize(
    "error",
    [
        InputError("One word is not enough.", received="hotel", remedy="Bring more."),
        ParameterError("epochs: too small.", received=0),
        StorageError("The disk is full."),
        CancelledError("The job was cancelled."),
        EmbedLabError("It failed.", received=None, remedy="x"),
    ],
)
def test_round_trip_through_json(error: EmbedLabError) -> None:
    kept = json.loads(json.dumps(asdict(ErrorReport.of(error))))
    again = ErrorReport(**kept).as_error()
    assert type(again) is type(error)
    assert (again.what, again.received, again.remedy) == (error.what, error.received, error.remedy)
    assert again.exit_code == error.exit_code


def test_unforeseen_errors_keep_their_text_to_themselves() -> None:
    report = ErrorReport.of(ValueError("a line of somebody's letters"))
    assert "letters" not in json.dumps(asdict(report))
    assert "ValueError" in report.what
    assert report.as_error().exit_code == 1


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "x"), OSError("1000 requested and 10 written")])
def test_a_full_disk_is_recognized_wherever_it_shows(error: OSError) -> None:
    assert ErrorReport.of(error).what == "The disk is full."
    assert isinstance(ErrorReport.of(error).as_error(), StorageError)


def test_too_little_memory() -> None:
    assert "memory" in ErrorReport.of(MemoryError()).what


@pytest.mark.parametrize("kind", ["shorten", "annotations", "_NOTHING", "NoSuchError", "__builtins__"])
def test_only_known_errors_are_made(kind: str) -> None:
    assert type(ErrorReport(kind, "x").as_error()) is EmbedLabError


@pytest.mark.parametrize(
    ("exit_code", "can_resume", "received", "remedy"),
    [
        pytest.param(None, False, "training, 40 %", "Restart it.", id="unknown-end"),
        pytest.param(1, True, "training, 40 %; exit code 1", "Resume it from its last checkpoint", id="exit-code"),
        pytest.param(-9, False, "training, 40 %; ended by SIGKILL", "may be out of memory", id="killed"),
        pytest.param(-11, False, "training, 40 %; ended by SIGSEGV", "Restart it.", id="crashed"),
        pytest.param(-200, False, "training, 40 %; ended by signal 200", "Restart it.", id="unknown-signal"),
    ],
)
def test_an_interrupted_job_says_how_far_it_got_and_how_it_ended(
    exit_code: int | None, can_resume: bool, received: str, remedy: str
) -> None:
    report = interrupted_report("training, 40 %", exit_code, can_resume=can_resume)
    assert report.received == received
    assert remedy in report.remedy


def test_a_stalled_job_says_how_far_it_got() -> None:
    assert stalled_report(60, "training, 40 %").received == "training, 40 %"
