"""Several files on the command line: `import A B` and `open A B` without flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kinds.test_together import NOTES, RATINGS, TAGS, TITLES


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Ratings with titles and tags, and a file of notes."""
    contents = {"movies.csv": TITLES, "ratings.csv": RATINGS, "tags.csv": TAGS, "README.txt": NOTES}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    return {name: tmp_path / name for name in contents}


def test_files_are_imported_without_saying_what_they_are(embedlab, files) -> None:
    said = embedlab("import", *files.values(), "--json")
    assert said.exit_code == 0, said
    assert (said.json["kind"], said.json["name"]) == ("ratings", "ratings.csv")
    assert [(each["file"], each["role"], each["summary"]) for each in said.json["read"]["companions"]] == [
        ("movies.csv", "items", "titles of 10 of 10 items"),
        ("tags.csv", "tags", "tags of 4 of 10 items"),
    ]
    assert "README.txt is not used." in said.err
    assert "movies.csv: items file (titles of 10 of 10 items)" in said.err


def test_one_file_is_imported_by_its_content(embedlab, files) -> None:
    said = embedlab("import", files["README.txt"], "--name", "notes", "--json")
    assert said.exit_code == 0, said
    assert (said.json["kind"], said.json["name"]) == ("text", "notes")


def test_a_missing_file_is_named(embedlab, files, tmp_path) -> None:
    said = embedlab("import", files["ratings.csv"], tmp_path / "none.csv")
    assert said.exit_code == 2
    assert "none.csv" in said.err
    assert embedlab("datasets", "--json").json == []


def test_flags_say_what_a_file_is(embedlab, files) -> None:
    said = embedlab("import", "ratings", files["ratings.csv"], "--tags", files["tags.csv"], "--json")
    assert [each["role"] for each in said.json["read"]["companions"]] == ["tags"]


def test_open_says_what_is_trained_and_why(embedlab, tmp_path) -> None:
    (tmp_path / "texts.txt").write_text("".join(f"the cat number {n} sat on the mat\n" for n in range(60)))
    (tmp_path / "labels.txt").write_text("pet\nwild\n" * 30)
    opened = embedlab("open", tmp_path / "texts.txt", tmp_path / "labels.txt", "--no-serve", "--json")
    assert opened.exit_code == 0, opened
    assert "labels.txt: labels file (labels of 60 of 60 documents)" in opened.err
    assert "Trains PPMI + SVD in about" in opened.err
    assert embedlab("runs", "--json").json[0]["id"] == opened.json["run"]
