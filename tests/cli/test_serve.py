"""`serve` and `open`: what reaches the server, and a real server that answers."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest

from embedlab.cli import serve as serving
from tests.app.planted_ratings import write_planted

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def served(monkeypatch):
    """The commands that would start a server."""
    commands = []

    class Ended:
        def __init__(self, command):
            commands.append(list(command))

        def wait(self):
            return 0

        def poll(self):
            return 0

    monkeypatch.setattr(serving, "_start", Ended)
    monkeypatch.setattr(serving.signal, "signal", lambda *_: None)
    return commands


def test_serve_starts_the_app_on_this_machine_alone(embedlab, served):
    port = _free_port()
    assert embedlab("serve", "--port", port, "--no-browser").exit_code == 0
    (command,) = served
    assert str(ROOT / "app.py") in command
    assert command[command.index("--server.address") + 1] == "127.0.0.1"
    assert command[command.index("--server.port") + 1] == str(port)


def test_a_taken_port_is_refused_by_name(embedlab, served):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = embedlab("serve", "--port", taken.getsockname()[1], "--no-browser")
    assert said.exit_code == 2
    assert "port is in use" in said.err
    assert not served


def test_without_the_app_serve_says_how_to_get_it(embedlab, served, monkeypatch, tmp_path):
    monkeypatch.setattr(serving, "_APP", tmp_path / "app.py")
    said = embedlab("serve")
    assert said.exit_code == 2
    assert "pip install -e ." in said.err
    assert embedlab("open", tmp_path / "x.txt").exit_code == 2
    assert not served


def test_vectors_are_imported_and_their_map_is_opened(embedlab, served, tmp_path):
    rows = np.random.default_rng(0).normal(size=(12, 4))
    lines = [" ".join([f"w{number}", *(f"{value:.4f}" for value in row)]) for number, row in enumerate(rows)]
    (tmp_path / "v.txt").write_text("12 4\n" + "\n".join(lines) + "\n")
    (tmp_path / "names.tsv").write_text("label\tgroup\n" + "".join(f"w{n}\t{n % 2}\n" for n in range(12)))
    opened = embedlab("open", tmp_path / "v.txt", "--metadata", tmp_path / "names.tsv", "--no-browser", "--json")
    assert opened.exit_code == 0, opened
    assert opened.json["run"] is None
    assert opened.json["embedding"] in [row["id"] for row in embedlab("embeddings", "--json").json]
    assert f"map?embedding={opened.json['embedding']}" in opened.err
    assert len(served) == 1


def test_a_text_is_trained_by_a_model_that_suits_it(embedlab, served, tmp_path):
    lines = ["the hotel in paris is near the station", "the resort in rome is near the sea", "a king and a queen ruled"]
    (tmp_path / "t.txt").write_text("\n".join(lines * 60))
    opened = embedlab("open", tmp_path / "t.txt", "--no-serve", "--json")
    assert opened.exit_code == 0, opened
    (run,) = embedlab("runs", "--json").json
    assert (run["id"], run["model"]) == (opened.json["run"], "ppmi-svd")
    assert not served


def test_a_model_without_vectors_opens_the_page_of_its_run(embedlab, served, tmp_path):
    ratings, _ = write_planted(tmp_path)
    opened = embedlab("open", ratings, "--model", "popularity", "--no-browser", "--json")
    assert opened.exit_code == 0, opened
    assert opened.json["embedding"] is None
    assert "learns no vectors, so there is nothing to map" in opened.err
    assert f"/runs?run={opened.json['run']}&view=one" in opened.err
    assert len(served) == 1


def test_a_file_that_is_not_there_is_named(embedlab, served, tmp_path):
    said = embedlab("open", tmp_path / "none.txt")
    assert said.exit_code == 2
    assert "none.txt" in said.err


@pytest.mark.slow
def test_the_served_app_answers(home):
    port = _free_port()
    command = [sys.executable, "-m", "embedlab", "serve", "--port", str(port), "--no-browser"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            assert _answers(f"http://127.0.0.1:{port}/_stcore/health")
        finally:
            process.terminate()
            process.wait(timeout=60)
    with socket.socket() as probe:
        # The server ended with the command.
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def _answers(address: str) -> bool:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:
                return answer.status == 200
        except OSError:
            time.sleep(0.3)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
