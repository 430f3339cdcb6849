"""Words of scripts without blanks: the segmenters' own published answers, and what is said without them."""

from __future__ import annotations

import importlib.util
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from embedlab.core.errors import InputError
from embedlab.kinds.text.dataset import TextDataset, TextOptions, import_text, preview_text
from embedlab.kinds.text.tokens import segmenting
from embedlab.kinds.text.tokens.segmenting import is_installed, suggest_segmentation
from embedlab.kinds.text.tokens.tokenizing import BatchTokenizer, TokenizerOptions, tokenize
from embedlab.reading.sources import Limits

CHINESE = "我来到北京清华大学。今天天气很好。我们去公园。\n"
JAPANESE = "今日はとても良い天気ですね。明日も晴れるでしょう。\n"
ENGLISH = "the cat sat on the mat\n"


def words(text: str, segmentation: str) -> list[str]:
    return tokenize(text, TokenizerOptions(segmentation=segmentation))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我来到北京。", ["我", "来", "到", "北", "京"]),
        ("カタカナ、ひらがな", ["カ", "タ", "カ", "ナ", "ひ", "ら", "が", "な"]),
        # Vowel and tone signs above and below stay with their letter.
        ("ที่นี่", ["ที่", "นี่"]),
        ("AI技术 for us, 2024年", ["ai", "技", "术", "for", "us", "2024", "年"]),
        ("한국어 텍스트 naïve", ["한국어", "텍스트", "naïve"]),
        ("\U00020000\U00020001", ["\U00020000", "\U00020001"]),
    ],
    ids=["chinese", "kana", "thai", "mixed", "korean", "beyond-bmp"],
)
def test_letter_by_letter(text, expected):
    assert words(text, "characters") == expected


@pytest.mark.skipif(not is_installed("chinese"), reason="pip install jieba")
def test_chinese_words_are_those_jieba_publishes():
    assert words("我来到北京清华大学", "chinese") == ["我", "来到", "北京", "清华大学"]
    assert words("AI技术 in 2024年", "chinese") == ["ai", "技术", "in", "2024", "年"]


@pytest.mark.skipif(not is_installed("chinese"), reason="pip install jieba")
def test_no_cache_is_left_where_others_could_put_one(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    segmenting._segmenter.cache_clear()
    assert words("我来到北京", "chinese") == ["我", "来到", "北京"]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not is_installed("japanese"), reason="pip install fugashi unidic-lite")
def test_japanese_words_are_those_fugashi_publishes():
    expected = ["麩", "菓子", "は", "麩", "を", "主材", "料", "と", "し", "た", "日本", "の", "菓子"]
    assert words("麩菓子は、麩を主材料とした日本の菓子。", "japanese") == expected
    texts = [JAPANESE * n for n in range(1, 30)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda text: words(text, "japanese"), texts)) == [words(t, "japanese") for t in texts]


def test_blanks_alone_part_words_by_default():
    assert words("我来到北京。", "spaces") == ["我来到北京"]


@pytest.mark.parametrize("name", ["chinese", "japanese"])
def test_a_missing_segmenter_says_what_to_install(name, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(InputError, match=r"not installed") as caught:
        words("我来到", name)
    assert f"pip install {segmenting.EXTRAS[name][1]}" in (caught.value.remedy or "")
    assert "characters" in (caught.value.remedy or "")


def test_many_at_a_time_are_filtered_and_counted_after_parting():
    tokenizer = BatchTokenizer(TokenizerOptions(segmentation="characters", min_length=2))
    assert tokenizer(["北京 hi x", "ok"]) == [["hi"], ["ok"]]
    assert (tokenizer.n_found, tokenizer.counts) == (5, {"hi": 1, "ok": 1})


def test_a_run_longer_than_a_word_may_be_is_parted_first():
    assert words("山川" * 6_000, "characters") == ["山", "川"] * 6_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHINESE, "chinese"),
        (JAPANESE, "japanese"),
        ("ภาษาไทยไม่มีช่องว่าง", "characters"),
        (ENGLISH, None),
        (ENGLISH + "我来到北京", None),
        ("한국어 텍스트", None),
        ("", None),
    ],
    ids=["chinese", "japanese", "thai", "english", "mostly-english", "korean", "empty"],
)
def test_what_is_suggested(text, expected):
    assert suggest_segmentation(text.split()) == expected


def test_the_preview_suggests_and_is_content_afterwards(tmp_path):
    path = tmp_path / "zh"
    path.write_text(CHINESE * 50, encoding="utf-8")
    before = preview_text(path, TextOptions(), Limits())
    assert before.suggested_segmentation == "chinese"
    assert any("without spaces between words" in warning and "to chinese" in warning for warning in before.warnings)
    after = preview_text(path, TextOptions(tokenizer=TokenizerOptions(segmentation="characters")), Limits())
    assert after.suggested_segmentation is None
    assert not any("without spaces" in warning for warning in after.warnings)
    assert after.documents[0].tokens[:4] == ["我", "来", "到", "北"]


def test_an_import_is_parted_alike_however_long_the_line(tmp_path):
    n = 100_000
    path: Path = tmp_path / "zh"
    path.write_text(CHINESE.replace("\n", "") * n, encoding="utf-8")
    options = TextOptions(layout="document", tokenizer=TokenizerOptions(segmentation="characters"))
    folder = tmp_path / "dataset"
    folder.mkdir()
    import_text(path, options, folder, limits=Limits())
    dataset = TextDataset.open(folder)
    expected = tokenize(CHINESE, options.tokenizer)
    assert dataset.n_tokens == n * len(expected)
    assert dict(dataset.vocabulary.itertuples(index=False)) == {w: n * expected.count(w) for w in expected}
