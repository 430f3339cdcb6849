"""Reading options of a file: detected from its content, editable by the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any

import streamlit as st

from embedlab.core.plain import one_line
from embedlab.kinds.guess import Guess
from embedlab.kinds.registry import KINDS, AnyKind
from embedlab.kinds.registry import kind as kind_of
from embedlab.kinds.sniffing import sniff_opened
from embedlab.reading.delimited import TableFormat, read_head
from embedlab.reading.layouts import Layout
from embedlab.reading.limits import Limits
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.table_columns import unnamed_column
from embedlab.ui.shell import resources
from embedlab.ui.shell.frame import unique_names
from embedlab.ui.shell.plain import plain
from embedlab.workspace.uploads import Upload

TABLES = (Layout.DELIMITED, Layout.JSONL, Layout.JSON, Layout.PARQUET, Layout.EXCEL)
_LAYOUT_TITLES = {
    Layout.LINES: "One document per line",
    Layout.PARAGRAPHS: "One document per paragraph",
    Layout.DOCUMENT: "One document",
    Layout.SUBTITLES: "One document per subtitle",
    Layout.WIKIPEDIA: "Wikipedia dump",
    Layout.STRINGS: "JSON texts",
    Layout.DELIMITED: "Delimited table",
    Layout.JSONL: "JSON Lines",
    Layout.JSON: "JSON array",
    Layout.PARQUET: "Parquet",
    Layout.EXCEL: "Excel workbook",
    Layout.BLOCKS: "Blocks of an item (Netflix Prize)",
    Layout.SOUNDS: "WAV files",
}
_DELIMITERS = {",": "Comma", "\t": "Tab", ";": "Semicolon", "|": "Vertical bar", "::": "Two colons", " ": "Space"}
_ENCODINGS = (
    "utf-8", "utf-16", "cp1252", "cp1250", "iso8859-2", "cp1251", "koi8-r", "cp1253", "cp1254", "cp1257", "shift_jis",
    "gb18030", "big5", "euc_kr",
)  # fmt: skip
_LONGEST_DELIMITER = 5


def limits() -> Limits:
    """Return the size limits for opening files."""
    return Limits.of(resources.workspace().settings)


def opened(upload_id: str, member: str | None = None) -> OpenedUpload:
    """Return an upload, or a member of it, that is opened and sniffed once for the whole page and all its reruns."""
    return _opened(upload_id).of_member(member)


# The id of an upload identifies its content: a staged file never changes.
@st.cache_resource(max_entries=20, show_spinner=False)
def _opened(upload_id: str) -> OpenedUpload:
    return OpenedUpload(resources.workspace().upload(upload_id).path, limits())


@st.cache_data(max_entries=40, show_spinner=False)
def guess_of(upload_id: str, member: str | None = None) -> Guess:
    """Return what an upload seems to be, detected from its content."""
    return sniff_opened(opened(upload_id, member))


@st.cache_data(max_entries=40, show_spinner=False)
def head_of(upload_id: str, table_format: TableFormat) -> tuple[list[str], list[list[str]]]:
    """Return the column names and the first rows of an upload read as a table."""
    return read_head(opened(upload_id), table_format, limits(), n_rows=8)


class Fields:
    """Form fields of one upload; they start with the values of an earlier attempt, or else the detected ones."""

    def __init__(self, upload: Upload) -> None:
        self.upload = upload
        self._earlier: dict[str, Any] = st.session_state.get(f"earlier:{upload.id}", {})

    def key(self, name: str, value: Any) -> str:
        """Return the session key of a field, set to `value` when it is new."""
        key = f"field:{self.upload.id}:{name}"
        if key not in st.session_state:
            st.session_state[key] = self._earlier.get(name, value)
        return key

    def values(self) -> dict[str, Any]:
        """Return the values of all fields, for another attempt."""
        prefix = f"field:{self.upload.id}:"
        return {
            str(key).removeprefix(prefix): st.session_state[key]
            for key in st.session_state
            if str(key).startswith(prefix)
        }

    def choose(
        self,
        label: str,
        name: str,
        options: Sequence[Any],
        value: Any,
        title: Callable[[Any], str] = str,
        **more: Any,
    ) -> Any:
        """Draw a select box; a stored value that is not an option is replaced by `value`."""
        key = self.key(name, value)
        if st.session_state[key] not in options and not more.get("accept_new_options"):
            st.session_state[key] = value if value in options else options[0]
        titles = unique_names({str(one): one_line(title(one), 60) for one in options})
        return st.selectbox(
            label, options, key=key, format_func=lambda one: titles.get(str(one), one_line(str(one), 60)), **more
        )


def remember(upload_id: str, values: dict[str, Any]) -> None:
    """Store form values of an upload, so that they survive a failed import."""
    st.session_state[f"earlier:{upload_id}"] = values


def choose_kind(fields: Fields, guess: Guess) -> AnyKind:
    """Draw the choice of the kind of data."""
    chosen: str | None = st.segmented_control(
        "Kind of data",
        list(KINDS),
        format_func=lambda name: KINDS[name].title if name in KINDS else name,
        key=fields.key("kind", str(guess.kind)),
        required=True,
    )
    return kind_of(chosen or guess.kind)


def draw(fields: Fields, guess: Guess, kind: str, layouts: Sequence[Layout]) -> dict[str, Any]:
    """Draw the reading options of a text or table file; return them under the names of the kind's options.

    Parameters
    ----------
    kind
        Name of the kind.
    layouts
        Layouts that the kind can read.
    """
    with st.expander("File format", icon=":material/page_info:", key="expander-file-format"):
        chosen: dict[str, Any] = {"member": _member(fields, guess)}
        left, right = st.columns(2, gap="medium")
        with left:
            default = guess.layout if guess.layout in layouts else Layout.DELIMITED
            layout = fields.choose("Layout", f"layout:{kind}", layouts, default, _LAYOUT_TITLES.__getitem__)
            chosen["layout"] = layout
        with right:
            if layout == Layout.EXCEL:
                sheet = st.text_input("Sheet", key=fields.key("sheet", guess.sheet or ""), max_chars=100)
                chosen["sheet"] = sheet or None
            elif layout != Layout.PARQUET:
                encodings = list(dict.fromkeys([guess.encoding, *_ENCODINGS]))
                chosen["encoding"] = fields.choose(
                    "Encoding", "encoding", encodings, guess.encoding, accept_new_options=True
                )
        if layout == Layout.DELIMITED:
            chosen |= _delimited(fields, guess)
        if layout == Layout.EXCEL:
            header = st.toggle("First row is a header", key=fields.key("has_header", guess.has_header))
            chosen |= {"has_header": header, "skip_lines": _skip_lines(fields, guess)}
        for reason in guess.reasons:
            st.caption(plain(reason, 300))
    return {name: value for name, value in chosen.items() if value is not None}


def _member(fields: Fields, guess: Guess) -> str | None:
    if guess.member is None:
        return None
    names = [member.name for member in opened(fields.upload.id).members]
    member: str = fields.choose("File in the archive", "member", names, guess.member)
    return member


def _delimited(fields: Fields, guess: Guess) -> dict[str, Any]:
    left, right = st.columns(2, gap="medium", vertical_alignment="bottom")
    with left:
        options = list(dict.fromkeys([guess.delimiter or ",", *_DELIMITERS]))
        delimiter = fields.choose(
            "Delimiter",
            "delimiter",
            options,
            guess.delimiter or ",",
            lambda one: _DELIMITERS.get(one, one),
            accept_new_options=True,
        )
    with right, st.container(horizontal=True):
        has_header = st.toggle("First row is a header", key=fields.key("has_header", guess.has_header))
        quoting = st.toggle("Quoted cells", key=fields.key("quoting", guess.quoting))
    return {
        "delimiter": str(delimiter or ",")[:_LONGEST_DELIMITER],
        "has_header": has_header,
        "quoting": quoting,
        "skip_lines": _skip_lines(fields, guess),
    }


def _skip_lines(fields: Fields, guess: Guess) -> int:
    """Draw how many lines before the header are skipped."""
    return int(
        st.number_input(
            "Lines to skip",
            min_value=0,
            max_value=10_000,
            step=1,
            key=fields.key("skip_lines", guess.skip_lines),
            help="Titles, notes and comments before the header, or before the first row if there is no header.",
        )
    )


def column_titles(names: list[str], rows: list[list[str]], *, has_header: bool) -> Callable[[str], str]:
    """Return a function that names columns: by header, or by number and first value if there is no header."""
    if has_header or not rows:
        return str
    titles = {
        name: f"{unnamed_column(place).capitalize()}{f': {cell}' if cell else ''}"
        for place, (name, cell) in enumerate(zip_longest(names, rows[0][: len(names)], fillvalue=""))
    }
    return lambda name: titles.get(name, name)


def table_format(reading: dict[str, Any]) -> TableFormat:
    """Return the reading options as a table format."""
    return TableFormat(**reading)


def summary(reading: dict[str, Any]) -> str:
    """Return the reading options in one line."""
    layout = reading["layout"]
    parts = [_LAYOUT_TITLES[layout]]
    if layout == Layout.DELIMITED:
        delimiter = reading["delimiter"]
        parts.append(f"delimiter: {_DELIMITERS.get(delimiter, delimiter).lower()}")
        parts.append("with a header" if reading["has_header"] else "no header")
    if "encoding" in reading:
        parts.append(reading["encoding"])
    if "member" in reading:
        parts.append(reading["member"])
    return plain(" · ".join(parts), 300)
