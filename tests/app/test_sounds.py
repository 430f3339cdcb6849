"""An archive of WAV files on the Data page: from the upload to the table, with what could not be read."""

from __future__ import annotations

import io
import wave
import zipfile
from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from embedlab.jobs.engine.worker import execute
from embedlab.jobs.jobs import Jobs
from embedlab.workspace.workspace import Workspace

pytest.importorskip("librosa")


@pytest.fixture(autouse=True)
def _no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "dispatch", lambda self: None)


def tone(pitch_hz: float) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        samples = 10_000 * np.sin(2 * np.pi * pitch_hz * np.arange(1600) / 8000)
        file.writeframes(samples.astype("<i2").tobytes())
    return stream.getvalue()


def test_sounds_become_a_table_and_a_broken_one_is_said_once(
    open_page: Callable[..., AppTest], workspace: Workspace
) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for number in range(12):
            archive.writestr(f"{'low' if number < 6 else 'high'}/{number}.wav", tone(200 + 100 * number))
        archive.writestr("low/broken.wav", tone(200)[:100])
    app = open_page("data", upload=workspace.stage_upload(io.BytesIO(stream.getvalue()), "tones.zip").id)
    assert not app.exception
    assert any("The folder of a file is its class" in each.value for each in app.caption)
    target = next(box for box in app.selectbox if box.label == "Target")
    assert target.options[:3] == ["None", "file", "class"]
    target.set_value("class").run()
    assert not app.exception
    app.button(key="keep").click().run()
    for job in Jobs(workspace).jobs(active=True):
        assert execute(workspace, job.id)
    app.run()
    assert not app.exception
    (row,) = workspace.datasets()
    assert (row.counts["rows"], row.counts["classes"]) == (12, 2)
    said = [each.value for each in app.warning]
    assert len(said) == 1
    assert "low/broken.wav: The sound is cut short." in said[0].replace("\\", "")
