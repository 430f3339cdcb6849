from __future__ import annotations

import errno
import gzip
import io
import re
import shutil
import tracemalloc
import zipfile
from array import array
from collections import Counter
from functools import partial
from itertools import pairwise
from pathlib import Path

import gensim
import numpy as np
import pandas as pd
import pytest
from gensim.models import Word2Vec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embedlab.core import array_file as array_file_module
from embedlab.core.errors import CancelledError, InputError, NotFoundError, ParameterError, StorageError, TooLargeError
from embedlab.core.kind import Kind
from embedlab.kinds.text import corpus as corpus_module
from embedlab.kinds.text import dataset as text_module
from embedlab.kinds.text import files as text_files_module
from embedlab.kinds.text import label_statistics as label_statistics_module
from embedlab.kinds.text.corpus import INDEX_LINES, LINE_WORDS, CorpusWriter
from embedlab.kinds.text.dataset import (
    PhraseOptions,
    TextDataset,
    TextOptions,
    guess_text_options,
    import_text,
    preview_text,
)
from embedlab.kinds.text.documents import open_documents, split_documents
from embedlab.kinds.text.tokens.tokenizing import TokenizerOptions, tokenize
from embedlab.reading import delimited as delimited_module
from embedlab.reading import sources as sources_module
from embedlab.reading import stored_file as stored_file_module
from embedlab.reading import streams as streams_module
from embedlab.reading.layouts import Layout
from embedlab.reading.sources import Limits

LIMITS = Limits()
LEE = Path(gensim.__file__).parent / "test" / "test_data" / "lee_background.cor"


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "dataset"
    path.mkdir()
    return path


@pytest.fixture
def put(tmp_path):
    def write(data, name="upload"):
        path = tmp_path / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    return write


def imported(path, folder, options=None, **more):
    import_text(path, options or guess_text_options(path, LIMITS), folder, limits=LIMITS, **more)
    return TextDataset.open(folder)


def trained_words(path, sample):
    """Return words trained, words expected to be left by subsampling, and words read, for one epoch."""
    model = Word2Vec(vector_size=4, min_count=1, sample=sample, epochs=1, workers=1, seed=1)
    model.build_vocab(corpus_file=str(path))
    trained, read = model.train(corpus_file=str(path), total_words=model.corpus_total_words, epochs=1)
    words = model.wv.index_to_key
    expected = sum(
        model.wv.get_vecattr(word, "count") * min(1, (int(model.wv.get_vecattr(word, "sample_int")) + 1) / 2**32)
        for word in words
    )
    return trained, expected, read


def test_news_of_gensim_has_the_known_figures(folder):
    dataset = imported(LEE, folder)
    raw = LEE.read_text(encoding="utf-8")
    assert len(raw.split()) == 59_890
    # Hyphens and the apostrophes of possessives separate words, so there are a few more than by spaces.
    before_s = "it he she that this there here what who where when why how let one someone somebody something everyone "
    before_s += "everybody everything anyone anybody nobody nothing"
    contraction = rf"\w*n't\b|i'm\b|\w+'(?:re|ve|ll|d)\b|\b(?:{before_s.replace(' ', '|')})'s\b"
    expected = Counter(re.findall(rf"{contraction}|\w+", raw.lower()))
    assert dataset.imported.counts == {"documents": 300, "tokens": 60_977, "vocabulary": 7_218}
    assert expected.total() == 60_977
    assert dict(dataset.vocabulary.itertuples(index=False)) == expected
    assert dataset.imported.warnings == []
    assert dataset.labels is None


def test_every_word_is_trained_on(folder):
    dataset = imported(LEE, folder)
    trained, expected, read = trained_words(dataset.corpus_path, sample=1e-3)
    assert read == 60_977
    assert trained == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize("is_one_line", [False, True])
def test_without_subsampling_gensim_skips_no_more_than_the_end_of_its_batches(put, folder, is_one_line):
    """gensim trains on 10,000 words of each batch, which it fills up to the end of the line that passes 10,000."""
    text = LEE.read_text(encoding="utf-8")
    dataset = imported(put(text.replace("\n", " ") if is_one_line else text), folder)
    assert dataset.n_tokens == 60_977
    trained, expected, _ = trained_words(dataset.corpus_path, sample=0)
    assert expected == pytest.approx(60_977)
    assert 60_977 - trained <= LINE_WORDS * (60_977 // 10_000)


def test_long_lines_would_lose_words(tmp_path):
    path = tmp_path / "long.txt"
    path.write_text(" ".join(["word", "other"] * 7_500) + "\n" + "word other\n" * 10, encoding="utf-8")
    trained, expected, _ = trained_words(path, sample=0)
    assert trained < 0.8 * expected


def test_lines_are_short_and_documents_begin_on_their_own(put, folder):
    texts = [" ".join(f"w{i}" for i in range(n)) for n in (250, 100, 1, 101)]
    dataset = imported(put("\n".join(texts)), folder)
    assert [len(line) for line in dataset.lines()] == [100, 100, 50, 100, 1, 100, 1]
    assert dataset.document_starts.tolist() == [0, 3, 4, 5, 7]
    assert dataset.document_starts.dtype == np.int64
    assert dataset.documents(0, 4) == [text.split() for text in texts]


def test_vocabulary_is_ordered_and_kept_words_are_counted(put, folder):
    dataset = imported(put("b a b c a b d"), folder)
    assert dataset.vocabulary.to_numpy().tolist() == [["b", 3], ["a", 2], ["c", 1], ["d", 1]]
    assert [dataset.kept(n) for n in (1, 2, 3, 4)] == [(4, 7), (2, 5), (1, 3), (0, 0)]


def test_dataset_explains_itself(put, folder):
    dataset = imported(put("a b\nc d\n\n!!!\n"), folder)
    assert dataset.imported.kind == Kind.TEXT
    assert TextOptions.checked(dataset.imported.options) == TextOptions(layout="paragraphs")
    assert sorted(path.name for path in folder.iterdir()) == [
        "corpus.txt",
        "dataset.json",
        "documents.npy",
        "line_offsets.npy",
        "original_starts.npy",
        "originals.txt",
        "vocabulary.parquet",
    ]


def test_documents_without_words_keep_their_place_and_label(put, folder):
    path = put("x\tone two\ny\t:-)\nx\tthree\n")
    options = TextOptions(
        layout="delimited", delimiter="\t", has_header=False, quoting=False, text_column=1, label_column="0"
    )
    dataset = imported(path, folder, options)
    assert dataset.documents(0, 9) == [["one", "two"], [], ["three"]]
    assert dataset.labels["label"].tolist() == ["x", "y", "x"]
    assert dataset.imported.details["empty_documents"] == 1
    told = "1 of 3 documents have no words: document models skip them."
    assert told in dataset.imported.warnings
    assert told in preview_text(path, options, LIMITS).warnings


@pytest.mark.parametrize(
    ("layout", "documents"),
    [
        ("lines", [["a", "b"], ["c"], ["d"], ["e"]]),
        ("paragraphs", [["a", "b", "c"], ["d", "e"]]),
        ("document", [["a", "b", "c", "d", "e"]]),
    ],
)
def test_what_a_document_is(put, folder, layout, documents):
    dataset = imported(put("a b\r\nc\r\n \t\r\n\r\nd\r\ne"), folder, TextOptions(layout=layout))
    assert dataset.documents(0, 9) == documents


def test_documents_far_in_are_found_by_the_index(put, folder):
    n = 5 * INDEX_LINES + 7
    dataset = imported(put("\n".join(f"é{i} x" for i in range(n))), folder, TextOptions())
    for i in (0, 1, INDEX_LINES - 1, INDEX_LINES, 3 * INDEX_LINES + 5, n - 1):
        assert dataset.documents(i, i + 1) == [[f"é{i}", "x"]]
    assert dataset.documents(n, n + 5) == []
    assert len(dataset.documents(0, n)) == n


WORDS = st.lists(st.sampled_from(["a", "bb", "ccc", "é"]), max_size=350)


# Slow only on a busy machine.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.lists(WORDS, max_size=4)), max_size=5))
def test_cutting_into_lines_loses_nothing(batches):
    """Whatever comes in whatever batches: same words, same documents, no line above the bound or empty."""
    stream = io.BytesIO()
    document_starts = array("q")
    n_tokens = array("q")
    writer = CorpusWriter(stream, document_starts, n_tokens)
    expected: list[list[str]] = []
    for continues, documents in batches:
        goes_on = continues and bool(expected) and bool(documents)
        writer.add(documents, continues=goes_on)
        if goes_on:
            expected[-1] = expected[-1] + documents[0]
        expected += documents[int(goes_on) :]
    writer.close()
    lines = [line.split(" ") for line in stream.getvalue().decode().splitlines()]
    assert all(1 <= len(line) <= LINE_WORDS and "" not in line for line in lines)
    starts = document_starts.tolist()
    assert n_tokens.tolist() == list(map(len, expected))
    found = [[word for line in lines[a:b] for word in line] for a, b in pairwise(starts)]
    assert found == expected
    assert (writer.n_documents, writer.n_tokens) == (len(expected), sum(map(len, expected)))
    assert len(lines) == writer.n_lines == sum(-(-len(document) // LINE_WORDS) for document in expected)
    assert writer.n_empty == sum(not document for document in expected)


def whole(text, layout):
    pieces = {"lines": text.split("\n"), "paragraphs": re.split(r"\n[^\S\n]*\n\s*", text), "document": [text]}[layout]
    return [tokenize(piece, TokenizerOptions()) for piece in pieces if piece.strip()]


@given(
    st.text(alphabet="abcé.,  \n\n\t", max_size=200),
    st.sampled_from(["lines", "paragraphs", "document"]),
    st.integers(20, 60),
)
def test_reading_in_chunks_gives_the_documents_of_the_whole(text, layout, chunk):
    found: list[list[str]] = []
    for batch in split_documents(io.StringIO(text), Layout(layout), chunk):
        words = [tokenize(piece, TokenizerOptions()) for piece in batch.texts]
        if batch.continues:
            found[-1] = found[-1] + words.pop(0)
        found += words
    # Longer than a chunk, a "word" may be cut; what is shorter never is.
    if all(len(word) < 10 for words in whole(text, layout) for word in words):
        assert [words for words in found if words] == [words for words in whole(text, layout) if words]


def test_word_of_megabytes_leaves_no_scraps(put, folder):
    dataset = imported(put("start " + "x" * 3_000_000 + " end"), folder, TextOptions(layout="document"))
    assert dataset.vocabulary["word"].tolist() == ["start", "end"]
    assert any("longer than 200" in warning for warning in dataset.imported.warnings)


def test_data_without_blanks_is_cut_at_signs(put, folder):
    dataset = imported(put(",".join(f"w{i}" for i in range(200_000))), folder, TextOptions(layout="document"))
    assert dataset.n_tokens == 200_000
    assert len(dataset.vocabulary) == 200_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_come_out_as_the_same_words(put, folder, encoding):
    text = "Die schöne Größe der Straße und fünf Äpfel für Jörg\n" * 30
    dataset = imported(put(text.encode(encoding)), folder)
    assert dataset.documents(0, 1) == [tokenize(text.splitlines()[0], TokenizerOptions())]
    assert len(dataset.vocabulary) == 10
    assert dataset.imported.details["replaced_characters"] == 0


def test_mixed_encodings_are_read_and_said(put, folder):
    dataset = imported(put(b"plain words\n" * 40_000 + "später café\n".encode("latin-1")), folder)
    assert dataset.documents(40_000, 40_001) == [["später", "café"]]
    assert any("2 characters were invalid" in warning for warning in dataset.imported.warnings)


def test_json_lines_and_parquet_give_the_same(tmp_path):
    frame = pd.DataFrame({"body": ["one two\nthree", "four five", ""], "mood": ["good", "bad", "good"]})
    paths = {"jsonl": tmp_path / "a", "parquet": tmp_path / "b", "delimited": tmp_path / "c"}
    frame.to_json(paths["jsonl"], orient="records", lines=True)
    frame.to_parquet(paths["parquet"])
    frame.to_csv(paths["delimited"], index=False)
    for layout, path in paths.items():
        folder = tmp_path / layout
        folder.mkdir()
        options = TextOptions(layout=layout, text_column="body", label_column="mood")
        dataset = imported(path, folder, options)
        assert dataset.documents(0, 3) == [["one", "two", "three"], ["four", "five"], []]
        assert dataset.labels["label"].tolist() == ["good", "bad", "good"]


def test_member_of_a_zip(tmp_path, folder):
    path = tmp_path / "a"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("big.txt", "not this one " * 100)
        archive.writestr("small.txt", "this one")
    dataset = imported(path, folder, TextOptions(member="small.txt"))
    assert dataset.documents(0, 1) == [["this", "one"]]


def test_small_texts_are_warned_about(put, folder):
    dataset = imported(put("a few words only"), folder)
    assert "too small to learn from: 4 words" in dataset.imported.warnings[0]


def test_text_without_blanks_between_words_is_warned_about(put, folder):
    dataset = imported(put("今日はとても良い天気ですね。明日も晴れるでしょう。\n" * 5), folder)
    assert any("without spaces between words" in warning for warning in dataset.imported.warnings)


@pytest.mark.parametrize("text", ["word", "word\nword\nWord!", "word " * 1000], ids=["once", "lines", "often"])
def test_one_word_is_refused(put, folder, text):
    with pytest.raises(InputError, match=r"only one word.*Received: word"):
        imported(put(text), folder)
    assert list(folder.iterdir()) == []


def test_options_that_leave_nothing_are_named(put, folder):
    options = TextOptions(tokenizer=TokenizerOptions(min_length=10))
    with pytest.raises(InputError, match=r"no words.*Received: 3 words.*options for words"):
        imported(put("a bb ccc"), folder, options)


BAD = {
    "empty": (b"", "file is empty"),
    "binary": (bytes(range(256)) * 99, "binary data"),
    "nul behind the head": (b"two words\n" * 50_000 + b"\0", "NUL"),
    "truncated gzip": (gzip.compress(LEE.read_bytes())[:60_000], "cut short"),
    "5,000 columns": (b",".join(b"%d" % i for i in range(5000)) + b"\n", "1,000 columns"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_files_leave_nothing_behind(put, folder, name):
    data, message = BAD[name]
    with pytest.raises(InputError, match=message):
        imported(put(data), folder)
    assert list(folder.iterdir()) == []


def test_bomb_leaves_nothing_behind(put, folder):
    path = put(gzip.compress(b"two words, and many more of them\n" * 200_000))
    with pytest.raises(TooLargeError):
        import_text(path, TextOptions(), folder, limits=Limits(max_unpacked_bytes=5_000_000))
    assert list(folder.iterdir()) == []


def test_missing_column_is_named(put, folder):
    path = put("title,text\na,some words here\n")
    with pytest.raises(NotFoundError, match=r"Received: body.*title, text"):
        imported(path, folder, TextOptions(layout="delimited", text_column="body"))
    with pytest.raises(InputError, match="No text column"):
        imported(path, folder, TextOptions(layout="delimited"))
    with pytest.raises(InputError, match="same column"):
        imported(path, folder, TextOptions(layout="delimited", text_column=1, label_column="text"))
    assert list(folder.iterdir()) == []


def test_too_many_different_words_are_refused(put, folder, monkeypatch):
    monkeypatch.setattr(text_module, "MAX_VOCABULARY", 100)
    with pytest.raises(TooLargeError, match="different words"):
        imported(put(" ".join(f"w{i}" for i in range(101))), folder)


def test_full_disk_is_a_storage_error_and_leaves_nothing(put, folder, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(CorpusWriter, "_write", full)
    with pytest.raises(StorageError, match="disk is full"):
        imported(put("some words"), folder)
    assert list(folder.iterdir()) == []


def test_cancelling_leaves_nothing_and_progress_is_told(put, folder):
    path = put(gzip.compress("\n".join(f"some words {i}" for i in range(200_000)).encode()))
    told: list[float] = []
    imported(path, folder, report=lambda share, _: told.append(share))
    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 1)
    assert len(told) > 5
    shutil.rmtree(folder)
    folder.mkdir()

    def cancel(share: float, _: str) -> None:
        if share > 0.3:
            raise CancelledError("Cancelled.")

    with pytest.raises(CancelledError):
        imported(path, folder, report=cancel)
    assert list(folder.iterdir()) == []


def test_preview_shows_what_an_import_gives(put, folder):
    path = put("kind,body\ngood,The nice cat\nbad,The bad dog 12\n")
    options = guess_text_options(path, LIMITS).model_copy(update={"label_column": "kind"})
    preview = preview_text(path, options, LIMITS)
    assert [document.tokens for document in preview.documents] == [["the", "nice", "cat"], ["the", "bad", "dog", "12"]]
    assert preview.documents[1].raw == "The bad dog 12"
    assert preview.documents[1].label == "bad"
    assert {row["label"]: row["documents"] for row in preview.labels["most_frequent"]} == {"good": 1, "bad": 1}
    assert preview.most_frequent(1) == [("the", 2)]
    assert (preview.is_complete, preview.share_read, preview.share_kept) == (True, 1, 1)
    assert preview.kept(2) == (1, 2)
    assert preview.counts.items() <= imported(path, folder, options).imported.counts.items()
    shorter = options.model_copy(update={"tokenizer": TokenizerOptions(min_length=3, stop_words="english")})
    assert preview_text(path, shorter, LIMITS).share_kept == pytest.approx(4 / 7)


@pytest.mark.parametrize("layout", ["lines", "document", "delimited"])
def test_preview_of_a_large_file_reads_a_small_part(put, layout):
    path = put("some words, and more\n" * 500_000)
    preview = preview_text(path, TextOptions(layout=layout, text_column=0, has_header=False), LIMITS)
    assert not preview.is_complete
    # Each row of the table is two fields of equal length but for a separator, and its text is the first.
    n_seen = preview.counts["tokens"] / (2 if layout == "delimited" else 4)
    assert preview.share_read == pytest.approx(n_seen / 500_000, rel=0.02)
    assert preview.counts["tokens"] < 300_000
    assert len(preview.documents) == (1 if layout == "document" else 20)
    assert not any("too small" in warning for warning in preview.warnings)


@pytest.mark.parametrize(
    ("encoding", "packed"), [("utf-8", False), ("utf-16", False), ("utf-8", True)], ids=["utf-8", "utf-16", "gzip"]
)
def test_preview_says_which_share_of_a_file_it_has_read(put, encoding, packed):
    rng = np.random.default_rng(1)
    lines = ["".join(chr(97 + letter) for letter in row) for row in rng.integers(0, 26, (60_000, 50))]
    data = "\n".join(lines).encode(encoding)
    preview = preview_text(put(gzip.compress(data, 1) if packed else data), TextOptions(encoding=encoding), LIMITS)
    assert preview.share_read == pytest.approx(preview.counts["documents"] / 60_000, rel=0.03)


def test_preview_of_a_workbook_says_which_share_it_has_read(tmp_path):
    path = tmp_path / "a"
    pd.DataFrame({"body": ["many words " * 2000] * 100}).to_excel(path, index=False, engine="openpyxl")
    preview = preview_text(path, TextOptions(layout="excel", text_column="body"), LIMITS)
    assert not preview.is_complete
    assert preview.share_read == pytest.approx(preview.counts["documents"] / 100, rel=0.03)


def test_preview_of_one_huge_cell_is_bounded(tmp_path):
    path = tmp_path / "a"
    pd.DataFrame({"body": ["many words " * 500_000, "second"]}).to_parquet(path)
    preview = preview_text(path, TextOptions(layout="parquet", text_column="body"), LIMITS)
    assert (preview.counts["documents"], preview.is_complete) == (1, False)
    assert len(preview.documents[0].raw) == 500


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"encoding": "rot13"}, "encoding"),
        ({"layout": "image"}, "layout"),
        ({"delimiter": '"'}, "delimiter"),
        ({"no_such": 1}, "no_such"),
        ({"tokenizer": {"min_length": 0}}, "tokenizer.min_length"),
    ],
)
def test_untrusted_options_are_checked(values, message):
    with pytest.raises(ParameterError, match=message):
        TextOptions.checked(values)


def test_options_survive_json():
    options = TextOptions(layout="delimited", delimiter="::", text_column=2, label_column="mood")
    assert TextOptions.model_validate_json(options.model_dump_json()) == options


def test_folder_of_something_else_is_refused(folder):
    with pytest.raises(StorageError):
        TextDataset.open(folder)


def test_sms_messages(real_data, folder):
    path = real_data("sms-spam/SMSSpamCollection")
    dataset = imported(path, folder)
    assert dataset.n_documents == 5_574
    assert dataset.labels["label"].value_counts().to_dict() == {"ham": 4_827, "spam": 747}
    lines = path.read_text(encoding="utf-8").split("\n")[:-1]
    # Some messages have entities such as &lt;.
    options = TokenizerOptions(strip_html=True)
    assert dataset.documents(0, 5_574) == [tokenize(line.split("\t")[1], options) for line in lines]


def test_wikipedia_articles(real_data, folder):
    path = real_data("enwiki-100mb/plain_12MB.txt")
    dataset = imported(path, folder)
    lines = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    assert dataset.n_documents == len(lines) == 36_344
    assert dataset.n_tokens == 1_948_474
    assert max(map(len, dataset.lines())) == LINE_WORDS


@pytest.mark.slow
def test_one_line_of_a_hundred_megabytes(real_data, folder):
    dataset = imported(real_data("enwiki-100mb/text8style_100MB.txt.xz"), folder)
    assert dataset.imported.counts == {"documents": 1, "tokens": 16_939_998, "vocabulary": 219_470}


@pytest.mark.parametrize("how", ["lines", "labels", "phrases"])
def test_memory_does_not_grow_with_the_documents(tmp_path, monkeypatch, how):
    """Between two sizes, both beyond all that is read or written at once."""
    monkeypatch.setattr(text_module, "open_documents", partial(open_documents, chunk_characters=20_000))
    monkeypatch.setattr(delimited_module, "MAX_RECORD_BYTES", 4_000)
    monkeypatch.setattr(text_files_module, "_LABELS_AT_ONCE", 1_000)
    monkeypatch.setattr(label_statistics_module, "_COUNTED_AT_ONCE", 1_000)
    monkeypatch.setattr(array_file_module, "_NUMBERS_AT_ONCE", 1_000)
    monkeypatch.setattr(corpus_module, "_NUMBERS_AT_ONCE", 1_000)
    for module in (sources_module, stored_file_module, streams_module):
        monkeypatch.setattr(module, "BUFFER_BYTES", 10_000)
    monkeypatch.setattr(stored_file_module, "HEAD_BYTES", 10_000)
    options = TextOptions(layout="lines", phrases=PhraseOptions() if how == "phrases" else None)
    if how == "labels":
        options = TextOptions(layout="delimited", text_column="text", label_column="label")
    peaks = {}
    # The first one makes what is made once.
    for number, n_documents in enumerate((1_000, 10_000, 30_000)):
        path, folder = tmp_path / "file", tmp_path / f"dataset{number}"
        with path.open("w") as stream:
            stream.write("label,text\n" if how == "labels" else "")
            for row in range(n_documents):
                stream.write(f"label{row % 20}," if how == "labels" else "")
                stream.write(f"cat word{row % 500}\n")
        folder.mkdir()
        tracemalloc.start()
        imported = import_text(path, options, folder, limits=LIMITS)
        peaks[n_documents] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert imported.counts["documents"] == n_documents
    assert (peaks[30_000] - peaks[10_000]) / 20_000 < 4
