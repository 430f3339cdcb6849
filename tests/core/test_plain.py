import re

import pytest

from embedlab.core.plain import markdown_escaped, one_line, spreadsheet_safe


def shown(escaped: str) -> str:
    """What a Markdown renderer shows: backslash escapes undone, characters without width gone."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escaped).replace("\u2060", "")


def test_one_line_keeps_words_and_drops_controls():
    assert one_line("  a\tb\nc\u2028d\x00 ") == "a b c d"
    assert one_line("abc\u202edef\ud800") == "abcdef"
    assert one_line("x" * 500) == "x" * 119 + "…"
    assert one_line("Amélie 👩‍👧 שלום") == "Amélie 👩‍👧 שלום"


@pytest.mark.parametrize(
    "name",
    [
        "![](http://example.com/a.png)",
        "[a](javascript:alert(1))",
        "<script>alert(1)</script>",
        "# title",
        "1. list",
        "- list",
        "> quote",
        "a | b",
        "$x^2$",
        ":red[x] :material/home: :smile:",
        "`code` **bold** _it_ ~~no~~",
        "a&lt;b",
        pytest.param("back\\slash", id="backslash"),
    ],
)
def test_markdown_is_shown_letter_for_letter(name: str):
    escaped = markdown_escaped(name)
    assert shown(escaped) == name
    bare = re.sub(r"\\.", "", escaped)
    assert not re.search(r"[\\`*_{}\[\]()<>#+!|~$:^=&]", bare)


@pytest.mark.parametrize(
    "address", ["https://x.org", "see HTTP://x.org", "www.x.org", "_https://x.org", "me@x.org", "mailto:me@x.org"]
)
def test_no_bare_address_becomes_a_link(address: str):
    # What remark-gfm looks for in the text after the escapes are resolved.
    text = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown_escaped(address))
    assert not re.search(r"(?i)(https?://|www(?=\.))[-.\w]+", text, re.ASCII)
    assert not re.search(r"[-.\w+]+@[-\w]+(\.[-\w]+)+", text, re.ASCII)


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1"],
    ids=["equals", "plus", "minus", "at", "tab", "return", "newline", "fullwidth"],
)
def test_formula_cells_are_defused(cell: str):
    assert spreadsheet_safe(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "word", "a=b", "1-2", "'x"])
def test_other_cells_stay_as_they_are(cell: str):
    assert spreadsheet_safe(cell) == cell
