"""The options that fit the content of a text, how sure they are, and what was assumed: for command line and browser."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from embedlab.core.errors import Choice, InputError, UnsureError
from embedlab.kinds.guess import Guess
from embedlab.kinds.text.layouts.archive_plans import ArchivePlan, archive_plan
from embedlab.kinds.text.layouts.label_prefixes import have_prefixes
from embedlab.kinds.text.options import TextOptions, options_of
from embedlab.kinds.text.sniffing import roles_in, text_in
from embedlab.kinds.text.tokens.markup import has_html
from embedlab.kinds.text.tokens.tokenizing import TokenizerOptions
from embedlab.kinds.text.tokens.word_shapes import share_of_ids
from embedlab.reading.layouts import Layout
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload

#: With this share of ids among the words, words are split at spaces only, and keep their case.
_SURE_OF_IDS: Final = 0.8
_SAMPLE_LINES: Final = 500
#: Files of an archive that are searched for HTML.
_SAMPLE_FILES: Final = 20
_SAMPLE_CHARACTERS: Final = 5_000
#: Layouts whose readers remove the markup of their format.
_OWN_MARKUP: Final = frozenset({"subtitles", "wikipedia"})


def guess_text_options(file: Path | OpenedUpload, limits: Limits, chosen: Collection[str] = ()) -> TextOptions:
    """Return options that fit the content of a file.

    Parameters
    ----------
    file, limits
        The file, and bounds on what is opened.
    chosen
        Names of the options that the user chose: nothing is asked about them.

    Raises
    ------
    UnsureError
        The file can be read in several ways, and its content does not tell which is right.
    InputError
        The file is binary, damaged, or of a format that is not read.
    """
    upload = OpenedUpload.of(file, limits)
    for name, question in questions(upload):
        if name not in chosen:
            raise question
    return suggested_options(upload)


def suggested_options(upload: OpenedUpload) -> TextOptions:
    """Return the options that fit best, also where that is not sure; raises `InputError` as `text_in` does."""
    guess = text_in(upload)
    options = options_of(guess)
    plan = _plan(upload, guess)
    update: dict[str, object] = {}
    if plan is not None and plan.all_members:
        update |= {"all_members": True, "member": None, "label_by": plan.label_by, "part_by": plan.part_by}
        if plan.label_by != "none":
            update["label_column"] = None
        if plan.part_by != "none":
            update["part_column"] = None
    if not options.is_table and have_prefixes(upload.lines):
        update["label_by"] = "prefix"
    if share_of_ids(sample_texts(upload, options)) >= _SURE_OF_IDS:
        update["tokenizer"] = TokenizerOptions(segmentation="whitespace", lowercase=False)
    elif options.layout not in _OWN_MARKUP and has_html(_heads(upload, options, all_members="all_members" in update)):
        update["tokenizer"] = TokenizerOptions(strip_html=True)
    return TextOptions.checked({**options.model_dump(), **update})


def questions(upload: OpenedUpload) -> list[tuple[str, UnsureError]]:
    """Return what the content does not tell, with the name of the option that answers it."""
    found: list[tuple[str, UnsureError]] = []
    text_in(upload)
    if not upload.is_parquet and not upload.detected_encoding.is_sure:
        found.append(("encoding", _encoding_question(upload)))
    roles = roles_in(upload)
    if roles is not None and roles.question is not None:
        found.append(("text_column", roles.question))
    return found


def _encoding_question(upload: OpenedUpload) -> UnsureError:
    samples = upload.detected_encoding.samples
    return UnsureError(
        "The text is not UTF-8, and too few of its words have accents or other letters to tell the encoding.",
        choices=[Choice(f"--encoding {name}", "words", sample, {"encoding": name}) for name, sample in samples.items()],
    )


def assumptions(upload: OpenedUpload, options: TextOptions) -> list[str]:
    """Return plain sentences: what was assumed where the options are the suggested ones, and why."""
    try:
        guess = text_in(upload)
        suggested = suggested_options(upload)
        plan = _plan(upload, guess)
    except InputError:
        # The user chose to read what no guess could.
        return []
    said = []
    samples = {} if upload.is_parquet else upload.detected_encoding.samples
    if samples and options.encoding in samples:
        said.append(f"The encoding is {options.encoding}, which reads words as {samples[options.encoding]}.")
    if plan is not None and options.all_members == plan.all_members:
        if options.all_members:
            same = (options.label_by, options.part_by) == (plan.label_by, plan.part_by)
            said += plan.reasons if same else plan.reasons[:1]
        elif options.member in {None, upload.member}:
            said += plan.reasons
    roles = roles_in(upload) if options.is_table else None
    if roles is not None and (options.text_column, options.label_column) == (
        suggested.text_column,
        suggested.label_column,
    ):
        said += roles.reasons
    if options.label_by == "prefix":
        said.append("Labels are the words that begin with __label__.")
    if options.tokenizer.segmentation == "whitespace" == suggested.tokenizer.segmentation:
        said.append("The words look like ids, so they are split at spaces only and keep their case.")
    if options.tokenizer.strip_html:
        said.append(
            "The text holds HTML. Its tags are not words, and its entities are decoded; documents are shown as is."
        )
    return said


def sample_texts(upload: OpenedUpload, options: TextOptions) -> Sequence[str]:
    """Return the start of some documents."""
    table = upload.table if options.is_table else None
    if table is None:
        return [] if upload.is_parquet else upload.lines[:_SAMPLE_LINES]
    column = options.text_column
    place = table.names.index(str(column)) if str(column) in table.names else None
    return [] if place is None else [row[place] for row in table.rows[:_SAMPLE_LINES]]


def _heads(upload: OpenedUpload, options: TextOptions, *, all_members: bool) -> list[str]:
    """Return the beginnings of some documents, of several files if all files of an archive are read."""
    texts = list(sample_texts(upload, options))
    if all_members and not options.is_table:
        with upload.share_archive():
            for name in [member.name for member in upload.members][1:_SAMPLE_FILES]:
                with suppress(InputError):
                    texts += upload.of_member(name).lines[:_SAMPLE_LINES]
    return [text[:_SAMPLE_CHARACTERS] for text in texts]


def _plan(upload: OpenedUpload, guess: Guess) -> ArchivePlan | None:
    # A workbook is a zip archive itself, and so is read whole by its own reader.
    return None if guess.layout == Layout.EXCEL else archive_plan(upload, is_table=guess.layout.is_table)
