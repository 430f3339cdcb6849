"""`import ratings` reports how a file was read, and asks with exit code 2 where its content does not tell."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from embedlab.jobs.jobs import Jobs
from tests.cli.conftest import Said
from tests.kinds.ratings.planted import ANSWER, table


@pytest.fixture(autouse=True)
def _work_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do each job in this process, as a worker would."""
    from embedlab.jobs.engine.worker import execute

    def dispatch(jobs: Jobs) -> None:
        for job in jobs.jobs(active=True):
            execute(jobs.workspace, job.id)

    monkeypatch.setattr(Jobs, "dispatch", dispatch)


def test_json_reports_how_the_file_was_read_and_what_was_left_out(
    embedlab: Callable[..., Said], tmp_path: Path
) -> None:
    path = tmp_path / "file.csv"
    path.write_text(
        "sep=;\n" + table(["user", "item", "rating"], lambda _, *row: row, separator=";") + "u1;unrated;-1\n",
        encoding="utf-8",
    )
    said = embedlab("import", "ratings", path, "--json")
    assert said.exit_code == 0, said.err
    report = said.json
    assert report["read"]["columns"] == {"user": ["user"], "item": ["item"], "rating": ["rating"]}
    assert (report["read"]["separator"], report["read"]["layout"], report["read"]["header"]) == (";", "delimited", True)
    details = report["details"]
    assert details["scale"] == [1, 5]
    assert details["mean_rating"] == pytest.approx(sum(ANSWER.values()) / len(ANSWER))
    assert details["left_out"] == {
        "rows rated -1, which means “not rated”": {"count": 1, "examples": ["row 101: u1 | unrated | -1"]}
    }


def test_an_unclear_file_ends_with_exit_code_2_the_samples_and_the_flag_that_works(
    embedlab: Callable[..., Said], tmp_path: Path
) -> None:
    path = tmp_path / "file.csv"
    cells = table(["user", "item", "food", "service"], lambda n, u, i, r: (u, i, r, (r + n) % 5 + 1))
    path.write_text(cells, encoding="utf-8")
    said = embedlab("import", "ratings", path)
    assert said.exit_code == 2
    assert "--rating food" in said.err
    assert "the column service: " in said.err
    said = embedlab("import", "ratings", path, "--rating", "food", "--json")
    assert (said.exit_code, said.json["counts"]["ratings"]) == (0, len(ANSWER))


def test_lines_to_skip_and_the_separator_can_be_given(embedlab: Callable[..., Said], tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    lines = table(["user", "item", "rating"], lambda _, *row: row, separator="^")
    path.write_text("a ^ b ^ c\nnot ^ the ^ header\n" + lines, encoding="utf-8")
    said = embedlab("import", "ratings", path, "--skip-lines", "2", "--separator", "^", "--json")
    assert said.exit_code == 0, said.err
    assert said.json["counts"]["ratings"] == len(ANSWER)


def test_json_reports_implicit_feedback(embedlab: Callable[..., Said], tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(table(["user", "song", "plays"], lambda n, u, i, r: (u, i, n + 1)), encoding="utf-8")
    said = embedlab("import", "ratings", path, "--count-scaling", "binary", "--json")
    assert said.exit_code == 0, said.err
    details = said.json["details"]
    assert (details["feedback"], details["count_scaling"]) == ("implicit", "binary")
    assert said.json["read"]["columns"] == {"user": ["user"], "item": ["song"], "rating": ["plays"]}
    assert "implicit feedback" in said.json["read"]["assumptions"][0]
    assert said.json["counts"] == {"ratings": 100, "users": 12, "items": 15}


def test_flags_choose_the_feedback(embedlab: Callable[..., Said], tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text(table(["user", "item", "rating"], lambda _, *row: row), encoding="utf-8")
    for flags, feedback, scale in (
        ([], "explicit", [1, 5]),
        (["--feedback", "implicit"], "implicit", [1, 5]),
        (["--no-rating"], "implicit", [1, 1]),
    ):
        said = embedlab("import", "ratings", path, *flags, "--json")
        assert said.exit_code == 0, said.err
        assert (said.json["details"]["feedback"], said.json["details"]["scale"]) == (feedback, scale)
    assert embedlab("import", "ratings", path, "--feedback", "maybe").exit_code == 2


def test_baskets_and_users_by_flags(embedlab: Callable[..., Said], tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("1 5 7\n5 9\n1 7 9 11\n" * 4, encoding="utf-8")
    (tmp_path / "u.csv").write_text("id,city\n" + "".join(f"{n},Rome\n" for n in range(12)), encoding="utf-8")
    flags = ["--shape", "baskets", "--delimiter", "space", "--users", tmp_path / "u.csv"]
    said = embedlab("import", "ratings", tmp_path / "b.txt", *flags, "--json")
    assert said.exit_code == 0, said.err
    assert said.json["counts"] == {"ratings": 36, "users": 12, "items": 5}
    assert said.json["read"]["companions"][0]["summary"] == "city of 12 of 12 users"
