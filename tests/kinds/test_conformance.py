"""What every kind of data promises, asked of all that are registered and of one that only the tests know."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from embedlab.core.errors import EmbedLabError, InputError
from embedlab.kinds.base import BuildContext
from embedlab.kinds.registry import KINDS, AnyKind, is_dataset_file, register
from embedlab.kinds.sniffing import sniff
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits
from embedlab.workspace import backup_parts
from tests.kinds.bags import SAMPLE as BAGS
from tests.kinds.bags import BagsKind
from tests.subjects import SUBJECTS

LIMITS = Limits(max_unpacked_bytes=8 * 1024**2, max_members=20)

#: A file of each kind, which the kind recognizes.
SAMPLES: dict[str, str | bytes] = {
    **{kind: subject.file for kind, subject in SUBJECTS.items()},
    "vectors": "3 2\na 0.1 0.2\nb 0.3 0.5\nc 0.1 -0.7\n",
    "bags": BAGS,
}
HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "blank": b"\n \n",
    "binary": bytes(range(256)) * 20,
    "damaged gzip": b"\x1f\x8b\x08\x00damaged",
    "damaged zip": b"PK\x03\x04damaged",
    "damaged parquet": b"PAR1" + bytes(100) + b"PAR1",
    "pickle": b"\x80\x04\x95\x00\x00.",
    "npy header": b"\x93NUMPY\x01\x00v\x00" + b"(" * 117 + b"\n",
    "nul": b"a,b\0,c\n" * 10,
    "one word": b"word",
    "wide": b",".join([b"1"] * 5000) + b"\n",
    "quote": b'"never closed,1,2\n' * 50,
    "nan": b"user,item,rating\nu,i,nan\n",
}
NAMES = [*KINDS, "bags"]


@pytest.fixture(autouse=True)
def _bags() -> Iterator[None]:
    with register(BagsKind()):
        yield


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str | bytes], Path]:
    def write(content: str | bytes) -> Path:
        path = tmp_path / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def _building(tmp_path: Path) -> Path:
    folder = tmp_path / "building"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", NAMES, ids=NAMES)
def test_its_words_are_complete(name: str) -> None:
    known = KINDS[name]
    assert known.name == name
    assert re.fullmatch(r"[A-Z][^.]*", known.title)
    assert known.summary.endswith(".")
    assert known.nouns
    assert len({companion.name for companion in known.companions}) == len(known.companions)
    for companion in known.companions:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", companion.name)
        assert companion.name != "upload"
        assert companion.title
        assert companion.help.endswith(".")
    for count in filter(None, (known.one_hot_count, known.cases)):
        assert count in known.nouns
    assert (known.default_shares is None) == (not known.cases)
    re.compile(known.files)


@pytest.mark.parametrize("name", NAMES, ids=NAMES)
def test_its_options_have_defaults_help_and_a_json_form(name: str) -> None:
    options_class = KINDS[name].options_class
    options = options_class()
    assert options_class.model_validate_json(options.model_dump_json()) == options
    assert all(field.description for field in options_class.model_fields.values())
    with pytest.raises(ValueError, match=r"[Ee]xtra"):
        options_class.model_validate({"no_such_option": 1})


@pytest.mark.parametrize("name", NAMES, ids=NAMES)
def test_it_recognizes_its_own_file(name: str, written: Callable[..., Path]) -> None:
    path = written(SAMPLES[name])
    guess = sniff(path, LIMITS)
    assert guess.kind == name
    assert guess.reasons
    assert KINDS[name].sniff(OpenedUpload(path, LIMITS)) == guess


@pytest.mark.parametrize("name", NAMES, ids=NAMES)
def test_what_is_guessed_is_previewed_built_and_opened(name: str, written: Callable[..., Path], tmp_path: Path) -> None:
    known, path, folder = KINDS[name], written(SAMPLES[name]), _building(tmp_path)
    upload = OpenedUpload(path, LIMITS)
    options = known.guess_options(upload)
    # As a request stores them.
    options = known.options_class.model_validate(json.loads(options.model_dump_json()))
    context = BuildContext(LIMITS)
    preview = known.preview(upload, options, context)
    built = known.build(upload, options, folder, context)
    imported = built.imported
    imported.save(folder)
    assert imported.kind == name
    assert imported.counts.keys() <= known.nouns.keys()
    assert all(math.isfinite(count) for count in imported.counts.values())
    assert preview.counts.items() <= imported.counts.items()
    assert preview.rows
    assert {len(row) for row in preview.rows} == {len(preview.columns)}
    assert all(isinstance(cell, str) for row in preview.rows for cell in row)
    known.options_class.model_validate(imported.options)
    json.dumps([imported.options, imported.details], allow_nan=False)
    # A backup with such a dataset can be restored.
    assert backup_parts.details(imported.details) == imported.details
    assert all(is_dataset_file(file.name) for file in folder.iterdir())
    if known.is_embedding:
        assert built.embedding is not None
        assert built.embedding.n_keys > 0
        with pytest.raises(InputError):
            known.open(folder)
    else:
        _check_opened(known, folder, imported.counts)


def _check_opened(known: AnyKind, folder: Path, counts: dict[str, int | float]) -> None:
    dataset = known.open(folder)
    if known.one_hot_count is not None:
        values = known.one_hot(dataset, 1)
        assert len(values.keys) == len(set(values.keys)) == counts[known.one_hot_count]
    if known.has_words:
        assert len(known.words(dataset)) == len(set(known.words(dataset))) > 1


@pytest.mark.parametrize("name", NAMES, ids=NAMES)
def test_another_folder_is_not_opened(name: str, tmp_path: Path) -> None:
    with pytest.raises(EmbedLabError):
        KINDS[name].open(tmp_path)


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("name", NAMES, ids=NAMES)
def test_hostile_files_raise_errors_of_our_own_and_leave_nothing(
    name: str, content: bytes, written: Callable[..., Path], tmp_path: Path
) -> None:
    known, upload, folder = KINDS[name], OpenedUpload(written(content), LIMITS), _building(tmp_path)
    with suppress(EmbedLabError):
        known.sniff(upload)
    try:
        options = known.guess_options(upload)
    except EmbedLabError:
        options = known.options_class()
    with suppress(EmbedLabError):
        known.preview(upload, options, BuildContext(LIMITS))
    try:
        known.build(upload, options, folder, BuildContext(LIMITS))
    except EmbedLabError:
        assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", NAMES, ids=NAMES)
def test_its_protocol_is_its_own(name: str) -> None:
    known = KINDS[name]
    if known.default_shares is None:
        with pytest.raises(InputError, match="no evaluation protocol"):
            known.default_protocol({})
    else:
        protocol = known.default_protocol({})
        assert (protocol.validation_share, protocol.test_share) == known.default_shares
        assert known.default_protocol({f"test_{known.cases}": 3}).name == "published"
