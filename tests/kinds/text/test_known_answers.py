"""Small files as people bring them, with the documents, labels and words they hold."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field

import numpy as np
import pytest

from embedlab.core.errors import InputError, TooLargeError, UnsureError
from embedlab.core.roles import first_color
from embedlab.kinds.text.dataset import TextDataset, guess_text_options, import_text
from embedlab.kinds.text.layouts.wikipedia import plain_text
from embedlab.reading.limits import Limits

LIMITS = Limits()
PROSE = [
    "the old lamp shines near the quiet harbor tonight",
    "a small boat waits in the cold rain again",
    "my neighbor sold the last apples of the year",
    "they painted the wooden door in a bright green",
]


def table(header, rows, separator=","):
    lines = [separator.join(header)] if header else []
    return "\n".join([*lines, *(separator.join(map(str, row)) for row in rows)]) + "\n"


def texts(n):
    return [f"{PROSE[number % 4]} number{number}" for number in range(n)]


def zipped(files):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@dataclass(frozen=True)
class Case:
    content: str | bytes
    first: str = texts(1)[0]
    n_documents: int = 40
    labels: dict | None = None
    metadata: list = field(default_factory=list)
    words: list | None = None
    n_test: int | None = None
    layout: str | None = None


T = texts(40)
HALF = ["ham"] * 20 + ["spam"] * 20
MIXED = ["ham", "spam"] * 20
BOTH = {"ham": 20, "spam": 20}
NAMED_TEXT = {
    name: Case(table(["id", name], [[f"row{n}", text] for n, text in enumerate(T)]), metadata=["id"])
    for name in ("text", "Text", "review", "reviewText", "body", "tweet", "comment_text", "clean_text")
}
SRT = "".join(f"{n + 1}\n00:00:{n:02},000 --> 00:00:{n:02},900\n<i>{text}</i>\n\n" for n, text in enumerate(T))
VTT = "WEBVTT\n\nNOTE made up\n\n" + "".join(
    f"00:{n:02}.000 --> 00:{n:02}.900 align:start\n{text}\n\n" for n, text in enumerate(T)
)
PAGES = "".join(
    f"<page><title>P{n}</title><ns>0</ns><revision><text xml:space='preserve'>'''{text}''' {{{{box|a=b}}}} "
    f"[[Sea|water]]&lt;ref&gt;no&lt;/ref&gt;</text></revision></page>"
    for n, text in enumerate(T)
)
REDIRECT = (
    "<page><title>R</title><ns>0</ns><redirect title='P1'/><revision><text>#REDIRECT [[P1]]</text></revision></page>"
)
TALK = "<page><title>Talk:R</title><ns>1</ns><revision><text>hello there</text></revision></page>"
FOLDERS = {f"data/{label}/{n:03}.txt": text for n, (label, text) in enumerate(zip(MIXED, T, strict=True))}
ARTICLES = {f"a/{n:03}.txt": f"{text}\n\nsecond paragraph\n\nthird paragraph" for n, text in enumerate(T)}

CASES = {
    **{f"named-{name}": case for name, case in NAMED_TEXT.items()},
    "text-beats-summary": Case(
        table(["Summary", "Text"], [["good old lamp", text] for text in T]), metadata=["Summary"]
    ),
    "longest-prose": Case(table(["v1", "v2"], [[f"key{n}", text] for n, text in enumerate(T)]), metadata=["v1"]),
    "imdb": Case(table(["review", "sentiment"], zip(T, MIXED, strict=True)), labels=BOTH, metadata=[]),
    "kaggle-spam": Case("v1,v2,,,\n" + "".join(f"{a},{b},,,\n" for a, b in zip(MIXED, T, strict=True)), labels=BOTH),
    "empty-column-names": Case(
        "label;text;;\n" + "".join(f"{a};{b};;\n" for a, b in zip(MIXED, T, strict=True)), labels=BOTH
    ),
    "sorted-by-label": Case(table(["label", "text"], zip(HALF, T, strict=True)), labels=BOTH),
    "integers-no-header": Case(
        table(None, zip([n % 2 for n in range(40)], T, strict=True), "\t"), labels={"0": 20, "1": 20}
    ),
    "sms-no-header": Case(table(None, zip(MIXED, T, strict=True), "\t"), labels=BOTH),
    "named-label-integers": Case(
        table(["text", "target"], [[text, n % 2] for n, text in enumerate(T)]), labels={"0": 20, "1": 20}
    ),
    "airline-sentiment": Case(table(["airline_sentiment", "text"], zip(MIXED, T, strict=True)), labels=BOTH),
    "fasttext": Case("".join(f"__label__{a} {b}\n" for a, b in zip(MIXED, T, strict=True)), labels=BOTH),
    "fasttext-two-labels": Case("".join(f"__label__a __label__b {text}\n" for text in T), labels={"a, b": 40}),
    "people-are-no-labels": Case(
        table(["ProfileName", "Text"], [[f"Ann{n % 3}", text] for n, text in enumerate(T)]), metadata=["ProfileName"]
    ),
    "columns-are-kept": Case(
        table(["id", "price", "text", "city"], [[f"r{n}", n * 1.5, text, "Oslo"] for n, text in enumerate(T)]),
        metadata=["id", "price", "city"],
    ),
    "split-column": Case(
        table(["split", "label", "text"], [["test" if n >= 30 else "train", MIXED[n], T[n]] for n in range(40)]),
        labels=BOTH,
        n_test=10,
    ),
    "split-files": Case(
        zipped(
            {
                "train.csv": table(["label", "text"], zip(MIXED[:30], T[:30], strict=True)),
                "test.csv": table(["label", "text"], zip(MIXED[30:], T[30:], strict=True)),
            }
        ),
        labels=BOTH,
        n_test=10,
    ),
    "split-folders": Case(
        zipped({f"imdb/{'test' if n >= 30 else 'train'}/{MIXED[n]}/{n}.txt": T[n] for n in range(40)}),
        labels=BOTH,
        n_test=10,
        layout="document",
    ),
    "folders": Case(zipped(FOLDERS), labels=BOTH, layout="document"),
    "folders-and-readme": Case(zipped({**FOLDERS, "__MACOSX/x": "no"}), labels=BOTH, layout="document"),
    "articles-stay-whole": Case(zipped(ARTICLES), first=ARTICLES["a/000.txt"], layout="document"),
    "table-and-readme": Case(
        zipped({"README.txt": "about this", "data.csv": table(["label", "text"], zip(MIXED, T, strict=True))}),
        labels=BOTH,
    ),
    "json-texts": Case(json.dumps(T), layout="strings"),
    "json-texts-indented": Case(json.dumps(T, indent=2), layout="strings"),
    "json-lines-of-texts": Case("".join(json.dumps(text) + "\n" for text in T), layout="strings"),
    "json-lines": Case(
        "".join(json.dumps({"id": n, "body": text, "topic": MIXED[n]}) + "\n" for n, text in enumerate(T)),
        labels=BOTH,
        metadata=["id"],
    ),
    "wikiextractor-json": Case(
        "".join(
            json.dumps({"id": str(n), "url": f"https://x/?curid={n}", "title": f"P{n}", "text": text}) + "\n"
            for n, text in enumerate(T)
        ),
        metadata=["id", "url", "title"],
    ),
    "wikipedia-xml": Case(f"<mediawiki>{REDIRECT}{TALK}{PAGES}</mediawiki>", f"{T[0]}  water", layout="wikipedia"),
    "wikiextractor": Case(
        "".join(f'<doc id="{n}" url="x" title="P{n}">\n{text}\n</doc>\n' for n, text in enumerate(T)),
        layout="wikipedia",
    ),
    "srt": Case(SRT, layout="subtitles"),
    "srt-windows": Case(SRT.replace("\n", "\r\n"), layout="subtitles"),
    "vtt": Case(VTT, layout="subtitles"),
    "tsv-quotes-are-text": Case(
        table(["label", "text"], [[MIXED[n], f'she said "{text}'] for n, text in enumerate(T)], "\t"),
        first=f'she said "{T[0]}',
        labels=BOTH,
    ),
    "unclosed-quote-in-lines": Case('"' + "\n".join(T), first=f'"{T[0]}', layout="lines"),
    "control-characters": Case("\x07" * 6 + "\n".join(T), first="\x07" * 6 + T[0], layout="lines"),
    "ids": Case(
        "".join(f"SKU-{n} SKU-{n + 3} SKU-{n + 6}\n" for n in range(40)),
        first="SKU-0 SKU-3 SKU-6",
        words=["SKU-0", "SKU-3", "SKU-6"],
    ),
    "case-of-ids": Case(
        "".join(f"aB3/x{n} Ab3/x{n}\n" for n in range(40)), first="aB3/x0 Ab3/x0", words=["aB3/x0", "Ab3/x0"]
    ),
    "hashtags-only": Case(
        "".join(f"#sun{n} #sea @ann_{n}\n" for n in range(40)),
        first="#sun0 #sea @ann_0",
        words=["#sun0", "#sea", "@ann_0"],
    ),
    "prose-with-tags": Case(
        "\n".join(f"{text} #sea" for text in T), first=f"{T[0]} #sea", words=[*T[0].split(), "sea"]
    ),
    "utf-16-with-mark": Case("\n".join(T).encode("utf-16")),
    "utf-16-without-mark": Case("\n".join(T).encode("utf-16-le")),
    "utf-8-with-mark": Case("\n".join(T).encode("utf-8-sig")),
    "old-mac-line-ends": Case("\r".join(T)),
}


def imported(content, tmp_path):
    path, folder = tmp_path / "file", tmp_path / "dataset"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    folder.mkdir()
    import_text(path, guess_text_options(path, LIMITS), folder, limits=LIMITS)
    return TextDataset.open(folder)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in CASES.items()])
def test_files_are_read_right_without_options(case, tmp_path):
    dataset = imported(case.content, tmp_path)
    counts, details = dataset.imported.counts, dataset.imported.details
    assert counts["documents"] == case.n_documents
    assert dataset.original(0) == case.first
    found = {each["label"]: each["documents"] for each in details.get("labels", {}).get("most_frequent", [])}
    assert found == (case.labels or {})
    assert details["read"]["columns"].get("metadata", []) == case.metadata
    assert counts.get("test_documents") == case.n_test
    if case.words is not None:
        assert dataset.documents(0, 1)[0] == case.words
    if case.layout is not None:
        assert details["read"]["layout"] == case.layout


def test_what_is_left_out_is_counted_with_examples(tmp_path):
    left_out = imported(CASES["wikipedia-xml"].content, tmp_path).imported.details["left_out"]
    assert left_out == {
        "pages that redirect to another one": {"count": 1, "examples": ["R"]},
        "pages of the wiki that are not articles": {"count": 1, "examples": ["Talk:R"]},
    }


def test_one_file_of_an_archive_is_said(tmp_path):
    said = imported(CASES["table-and-readme"].content, tmp_path).imported.details["read"]["assumptions"]
    assert any("Only data.csv is read" in sentence and "README.txt" in sentence for sentence in said)


def test_a_label_changes_only_far_behind_the_start(tmp_path):
    rows = [["neg" if n < 6000 else "pos", f"{PROSE[n % 4]} number{n}"] for n in range(12_000)]
    dataset = imported(table(None, rows, "\t"), tmp_path)
    found = {each["label"]: each["documents"] for each in dataset.imported.details["labels"]["most_frequent"]}
    assert found == {"neg": 6000, "pos": 6000}


def test_two_columns_of_prose_are_a_question(tmp_path):
    path = tmp_path / "file"
    path.write_text(table(["question1", "question2"], [[T[n], T[39 - n]] for n in range(40)]))
    with pytest.raises(UnsureError) as caught:
        guess_text_options(path, LIMITS)
    assert [choice.flag for choice in caught.value.choices] == ["--text-column question1", "--text-column question2"]
    assert caught.value.choices[0].sample == T[0]
    assert caught.value.exit_code == 2
    assert guess_text_options(path, LIMITS, chosen=["text_column"]).layout == "delimited"


OFFICE = {
    "word": (zipped({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}), "a Word document"),
    "odt": (
        zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}),
        "OpenDocument text",
    ),
    "ods": (
        zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}),
        "spreadsheet",
    ),
    "epub": (zipped({"mimetype": "application/epub+zip", "META-INF/container.xml": "<x/>"}), "an EPUB book"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\n1 0 obj\n", "a PDF document"),
    "rtf": (rb"{\rtf1\ansi hello there}", "an RTF document"),
    "html": (b"<!DOCTYPE html>\n<html><body><p>hello there</p></body></html>", "a web page"),
    "notebook": (
        json.dumps({"cells": [{"source": ["a b"]}], "metadata": {}, "nbformat": 4}, indent=1).encode(),
        "notebook",
    ),
    "old-office": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "older Office"),
    "pickle": (b"\x80\x04\x95\x10\x00" + bytes(20), "pickle"),
}


@pytest.mark.parametrize(("content", "name"), [pytest.param(*each, id=key) for key, each in OFFICE.items()])
def test_other_formats_are_refused_by_name(content, name, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError, match=name) as caught:
        guess_text_options(path, LIMITS)
    assert caught.value.remedy


def test_stored_options_of_earlier_versions_find_words_as_they_did(tmp_path):
    from embedlab.kinds.text.options import TextOptions

    stored = TextOptions().model_dump(mode="json")
    for name in ("contractions", "emoji"):
        del stored["tokenizer"][name]
    options = TextOptions.stored(stored)
    assert (options.tokenizer.contractions, options.tokenizer.emoji) == (False, False)
    assert TextOptions.stored(TextOptions().model_dump()).tokenizer.contractions


def test_a_document_keeps_its_spelling_and_its_columns(tmp_path):
    from embedlab.kinds.registry import KINDS
    from embedlab.models.shared.documents import documents_embedding

    rows = [[f"00{n}", n * 1.5, MIXED[n], f"The Old-Lamp SHINES no. {n}; really"] for n in range(40)]
    dataset = imported(table(["code", "price", "topic", "text"], rows), tmp_path)
    places = np.array([3, 1], np.int64)
    embedding = documents_embedding(dataset, np.eye(2, dtype=np.float32), places, ["a", "b"], [5, 5])
    assert list(embedding.labels) == [rows[3][3], rows[1][3]]
    assert embedding.metadata.columns.tolist() == ["topic", "n_tokens", "code", "price"]
    assert embedding.metadata["topic"].tolist() == ["spam", "spam"]
    assert embedding.metadata["price"].tolist() == [4.5, 1.5]
    assert embedding.metadata["code"].tolist() == ["003", "001"]
    assert first_color("documents", embedding.metadata) == "topic"
    assert KINDS["text"].original(dataset, "documents", "3") == rows[3][3]
    assert KINDS["text"].original(dataset, "words", "3") is None
    assert KINDS["text"].original(dataset, "documents", "40") is None


def test_many_members_are_read_and_the_bound_names_its_setting(tmp_path):
    files = {f"{'ab'[n % 2]}/{n}.txt": f"one two three {n}" for n in range(1200)}
    assert imported(zipped(files), tmp_path).n_documents == 1200
    with pytest.raises(TooLargeError, match="EMBEDLAB_MAX_ARCHIVE_MEMBERS"):
        guess_text_options(tmp_path / "file", Limits(max_members=1000))


@pytest.mark.parametrize(
    "piece",
    ["<ref>", "<!--", "[http://", "[[a:", "{{", "{|", "== ", "<a "],
    ids=["ref", "comment", "address", "file", "template", "table", "heading", "tag"],
)
def test_wiki_markup_that_is_never_closed_takes_linear_time(piece):
    assert isinstance(plain_text(piece * 50_000), str)


def test_wiki_markup_becomes_text():
    source = (
        "== Sea ==\nThe '''sea''' is [[salt|salty]]<ref name=x>no</ref><ref name=y /> and [[blue]].<!-- no -->\n"
        "{| class=a\n| b |}{{box|{{inner}}}}[[File:a.jpg|thumb|[[Sea]] view]] [https://x.y see here]"
    )
    assert plain_text(source).split() == ["Sea", "The", "sea", "is", "salty", "and", "blue.", "see", "here"]
