"""HTML in texts: what is a tag or an entity, what is not, and what an import makes and says of it."""

from __future__ import annotations

import zipfile

import pytest

from embedlab.kinds.text.dataset import TextDataset, TextOptions, import_text
from embedlab.kinds.text.guessing import assumptions, suggested_options
from embedlab.kinds.text.tokens.markup import has_html, strip_html
from embedlab.kinds.text.tokens.tokenizing import BatchTokenizer, TokenizerOptions, tokenize
from embedlab.reading.opened import OpenedUpload
from embedlab.reading.sources import Limits

LIMITS = Limits()
STRIP = TokenizerOptions(strip_html=True)
REVIEWS = [
    "A wonderful little film.<br /><br />The acting is superb &amp; the ending isn&#39;t sad.",
    "Boring.<br /><br />I <i>really</i> wanted to like it, but &quot;plot&quot; has two holes.",
    "No markup here, only a plain review.",
]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Good.<br /><br />Bad", "good bad"),
        ("one<BR>two<p class='x y'>three</p>", "one two three"),
        ("un<b>believ</b>able", "unbelievable"),
        ('see <a href="http://x.org/?a=1&amp;b=2" target=_blank>this</a> page', "see this page"),
        ("cats &amp; dogs", "cats dogs"),
        ("it&#39;s isn&#x27;t don&rsquo;t", "it's isn't don't"),
        ("caf&eacute; &#233;t&#233;", "café été"),
        ("the world #39;s end, #36;500", "the world s end 500"),
        ("&lt;br /&gt;twice &amp;#39;escaped&amp;#39;", "twice escaped"),
        ("a<!-- hidden -->b<script>var x = 1;</script>c", "a b c"),
        ("line&nbsp;break", "line break"),
    ],
    ids=[
        "br",
        "attributes",
        "within a word",
        "link",
        "amp",
        "apostrophes",
        "accents",
        "lost ampersand",
        "escaped twice",
        "hidden",
        "nbsp",
    ],
)
def test_tags_are_no_words_and_entities_are_characters(text, words):
    assert tokenize(text, STRIP) == words.split()


@pytest.mark.parametrize(
    "text",
    [
        "I <3 this film, you <3 it too <3",
        "a < b and c > d, so x <y and z> w",
        "if a <b and c> d",
        "AT&T, R&D; Q&A; fish&chips",
        "fixed #1234; and #77; today",
        "the words <unk> and <pad> are tokens",
        "x<-3; y->z; <- here ->",
    ],
    ids=["heart", "less than", "b is a variable", "ampersands", "numbers", "tokens", "arrows"],
)
def test_what_only_looks_like_html_stays(text):
    assert strip_html(text).text == text
    assert not has_html([text] * 100)


def test_a_few_texts_with_html_are_enough_but_a_single_one_in_many_is_not():
    plain = ["only words"] * 98
    assert has_html([*plain, *REVIEWS[:2]])
    assert not has_html([*plain, REVIEWS[0]])
    assert not has_html(["only words"] * 998 + REVIEWS[:2])
    assert has_html([REVIEWS[0]])
    assert not has_html(["one <b>"])
    assert not has_html([])


@pytest.mark.parametrize("unclosed", ["<!--", "<a ", "<a b=", "<script ", "&amp"])
def test_unclosed_markup_stays(unclosed):
    assert strip_html(unclosed * 5000).text == unclosed * 5000


def test_a_script_without_end_is_only_a_tag():
    assert strip_html("<script>" * 5000 + "the rest").text.split() == ["the", "rest"]


def test_batches_count_what_they_remove():
    tokenizer = BatchTokenizer(STRIP)
    assert tokenizer(REVIEWS) == [tokenize(text, STRIP) for text in REVIEWS]
    assert (tokenizer.n_tags, tokenizer.n_entities) == (6, 4)
    assert tokenizer.tags == ["<br />", "<br />", "<br />", "<br />", "<i>"]
    assert tokenizer.entities == ["&amp;", "&#39;", "&quot;", "&quot;"]
    assert not {"br", "amp", "quot", "39", "i_"} & tokenizer.counts.keys()


def test_texts_of_earlier_versions_keep_their_words():
    assert TextOptions.stored({"tokenizer": {"lowercase": True}}).tokenizer.strip_html is False


def _table(tmp_path):
    path = tmp_path / "reviews.csv"
    rows = [f'"{text.replace(chr(34), chr(34) * 2)}",{label}' for text, label in zip(REVIEWS, "abb", strict=True)]
    path.write_text("review,sentiment\n" + "\n".join(rows * 20) + "\n", encoding="utf-8")
    return path


def _folders(tmp_path):
    path = tmp_path / "reviews.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("pos/longest.txt", "This longest file has no markup at all. " * 20)
        for place, text in enumerate(REVIEWS * 3):
            archive.writestr(f"{'pos' if place % 2 else 'neg'}/{place}.txt", text)
    return path


@pytest.mark.parametrize("make", [_table, _folders], ids=["table", "folders"])
def test_an_import_recognizes_html_and_says_so(make, tmp_path):
    upload = OpenedUpload(make(tmp_path), LIMITS)
    options = suggested_options(upload)
    assert options.tokenizer == STRIP
    assert any("HTML" in sentence for sentence in assumptions(upload, options))
    folder = tmp_path / "dataset"
    folder.mkdir()
    imported = import_text(upload, options, folder, limits=LIMITS)
    dataset = TextDataset.open(folder)
    assert not set(dataset.vocabulary["word"]) & {"br", "amp", "quot", "39"}
    assert "<br />" in "".join(dataset.original(row) for row in range(4))
    n_copies = imported.counts["documents"] // 3
    assert imported.details["left_out"]["HTML tags"]["count"] == 6 * n_copies
    assert imported.details["left_out"]["HTML tags"]["examples"][0] in {"<br />", "<i>"}
    assert imported.details["converted"]["HTML entities, decoded"]["count"] == 4 * n_copies
    assert any("HTML" in sentence for sentence in imported.details["read"]["assumptions"])
    assert dataset.tokenize("New<br />text &amp; more") == ["new", "text", "more"]


def test_it_can_be_switched_off(tmp_path):
    upload = OpenedUpload(_table(tmp_path), LIMITS)
    options = suggested_options(upload).model_copy(update={"tokenizer": TokenizerOptions()})
    folder = tmp_path / "dataset"
    folder.mkdir()
    imported = import_text(upload, options, folder, limits=LIMITS)
    assert "br" in set(TextDataset.open(folder).vocabulary["word"])
    assert "HTML tags" not in imported.details["left_out"]


def test_a_text_without_html_is_read_as_before(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("I <3 it & a < b\nplain words only\n" * 50)
    assert suggested_options(OpenedUpload(path, LIMITS)).tokenizer == TokenizerOptions()


def test_semicolons_of_entities_separate_no_columns(tmp_path):
    path = tmp_path / "reviews.csv"
    rows = [f"The plot was weak.<br />Cats &amp; dogs {n}: it&#39;s over,{'ab'[n % 2]}" for n in range(50)]
    path.write_text("\n".join(["review,sentiment", *rows]))
    options = suggested_options(OpenedUpload(path, LIMITS))
    assert (options.delimiter, options.text_column, options.label_column) == (",", "review", "sentiment")
    assert options.tokenizer == STRIP
    # Entities do not hide a separator that is in the header, too, where the rows have as many of both.
    path.write_text("review;sentiment\n" + "\n".join(f"Plot {n} &amp; cast were weak;{'ab'[n % 2]}" for n in range(50)))
    assert suggested_options(OpenedUpload(path, LIMITS)).delimiter == ";"
