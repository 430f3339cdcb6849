"""Segmenting scripts without spaces into words: letter by letter, or by a segmenter for the language."""

from __future__ import annotations

import importlib.util
import logging
import re
import threading
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import Final, Literal

from embedlab.core.errors import InputError

Segmentation = Literal["spaces", "whitespace", "characters", "chinese", "japanese"]
Segmenter = Callable[[str], Sequence[str]]

#: What to install for a segmentation, and the modules that come with it.
EXTRAS: Final = {"chinese": (("jieba",), "jieba"), "japanese": (("fugashi", "unidic_lite"), "fugashi unidic-lite")}
_HAN: Final = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KANA: Final = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"
#: Thai, Lao, Burmese, Khmer.
_SOUTH_EAST: Final = (("\u0e00", "\u0eff"), ("\u1000", "\u109f"), ("\u1780", "\u17ff"))
_SOUTH_EAST_CLASS: Final = "".join(f"{first}-{last}" for first, last in _SOUTH_EAST)
_WITHOUT_SPACES: Final = re.compile(f"[{_HAN}{_KANA}{_SOUTH_EAST_CLASS}]")
_ONLY_KANA: Final = re.compile(f"[{_KANA}]")
_ONLY_HAN: Final = re.compile(f"[{_HAN}]")
#: Segmenters optimize over a whole run; a run this long is data, and is split.
_LONGEST_RUN: Final = 10_000
_REMEMBERED_RUNS: Final = 1 << 16


def segmenter(name: Segmentation) -> Segmenter:
    """Return a function that splits a run of letters (without spaces and punctuation) into words.

    Raises
    ------
    InputError
        The segmenter of the language is not installed; the remedy says what to install.
    """
    if name in EXTRAS and not is_installed(name):
        raise InputError(
            f"The segmenter for {name.capitalize()} is not installed.",
            received=f"segmentation {name}",
            remedy=f"Choose characters, which needs no package, or install it with: pip install {EXTRAS[name][1]}",
        )
    return _segmenter(name)


def is_installed(name: Segmentation) -> bool:
    """Return whether everything that a segmentation needs is installed."""
    modules = EXTRAS.get(name, ((), ""))[0]
    return all(importlib.util.find_spec(module) is not None for module in modules)


def segment_words(words: Sequence[str], segment: Segmenter) -> list[str]:
    """Segment the words with letters of a script without spaces; leave the others unchanged."""
    return list(chain.from_iterable((word,) if word.isascii() else segment(word) for word in words))


def suggest_segmentation(words: Iterable[str]) -> Segmentation | None:
    """Return the segmentation for words separated by spaces if most letters belong to a script without spaces."""
    text = "".join(words)
    n_letters = len(_WITHOUT_SPACES.findall(text))
    if n_letters <= 0.5 * len(text):
        return None
    if len(_ONLY_KANA.findall(text)) > 0.05 * n_letters:
        return "japanese"
    return "chinese" if len(_ONLY_HAN.findall(text)) > 0.5 * n_letters else "characters"


@cache
def _segmenter(name: Segmentation) -> Segmenter:
    segment = {
        "spaces": _whole,
        "whitespace": _whole,
        "characters": _characters,
        "chinese": _chinese,
        "japanese": _japanese,
    }[name]()

    @lru_cache(maxsize=_REMEMBERED_RUNS)
    def segmented(run: str) -> tuple[str, ...]:
        if _WITHOUT_SPACES.search(run) is None:
            return (run,)
        pieces = (run[start : start + _LONGEST_RUN] for start in range(0, len(run), _LONGEST_RUN))
        return tuple(chain.from_iterable(map(segment, pieces)))

    return segmented


def _whole() -> Segmenter:
    return lambda run: (run,)


def _characters() -> Segmenter:
    """Split at each letter; vowel and tone marks stay with their letter, and words of other scripts stay whole."""
    codes = [code for first, last in _SOUTH_EAST for code in range(ord(first), ord(last) + 1)]
    signs = "".join(chr(code) for code in codes if unicodedata.category(chr(code)).startswith("M")) + "\u3099\u309a"
    letters = f"{_HAN}{_KANA}{_SOUTH_EAST_CLASS}"
    return re.compile(f"[{letters}][{signs}]*|[^{letters}]+").findall


def _chinese() -> Segmenter:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    # Its own initialization uses a cache in the folder of temporary files, where anybody may place another file.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    cut: Segmenter = tokenizer.lcut
    return cut


def _japanese() -> Segmenter:
    import fugashi
    import unidic_lite

    # Another dictionary on the machine would give other words on other machines.
    tagger = fugashi.GenericTagger(f'-O wakati -r /dev/null -d "{unidic_lite.DICDIR}"')
    lock = threading.Lock()

    def segment(run: str) -> list[str]:
        # A tagger is not thread-safe, and pages run in several threads.
        with lock:
            words: str = tagger.parse(run)
        return words.split()

    return segment
