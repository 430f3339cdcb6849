"""Words of scripts that put no blanks between them: letter by letter, or by a segmenter for the language."""

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

Segmentation = Literal["spaces", "characters", "chinese", "japanese"]
Part = Callable[[str], Sequence[str]]

#: What to install for a segmentation, and the modules that come with it.
EXTRAS: Final = {"chinese": (("jieba",), "jieba"), "japanese": (("fugashi", "unidic_lite"), "fugashi unidic-lite")}
_HAN: Final = "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
_KANA: Final = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"
#: Thai, Lao, Burmese, Khmer.
_SOUTH_EAST: Final = (("\u0e00", "\u0eff"), ("\u1000", "\u109f"), ("\u1780", "\u17ff"))
_SOUTH_EAST_CLASS: Final = "".join(f"{first}-{last}" for first, last in _SOUTH_EAST)
_NO_BLANKS: Final = re.compile(f"[{_HAN}{_KANA}{_SOUTH_EAST_CLASS}]")
_ONLY_KANA: Final = re.compile(f"[{_KANA}]")
_ONLY_HAN: Final = re.compile(f"[{_HAN}]")
#: Segmenters look for the best way through a whole run; one this long is data, and is cut.
_LONGEST_RUN: Final = 10_000
_REMEMBERED_RUNS: Final = 1 << 16


def segmenter(name: Segmentation) -> Part:
    """Return what parts a run of letters (no blanks or signs in it) into words.

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
    """Tell whether all that a segmentation needs is installed."""
    modules = EXTRAS.get(name, ((), ""))[0]
    return all(importlib.util.find_spec(module) is not None for module in modules)


def part_words(words: Sequence[str], part: Part) -> list[str]:
    """Part those of the words that hold letters of a script without blanks; leave the others alone."""
    return list(chain.from_iterable((word,) if word.isascii() else part(word) for word in words))


def suggest_segmentation(words: Iterable[str]) -> Segmentation | None:
    """Return what would part words cut at blanks alone, where most letters are of a script without blanks."""
    text = "".join(words)
    n_letters = len(_NO_BLANKS.findall(text))
    if n_letters <= 0.5 * len(text):
        return None
    if len(_ONLY_KANA.findall(text)) > 0.05 * n_letters:
        return "japanese"
    return "chinese" if len(_ONLY_HAN.findall(text)) > 0.5 * n_letters else "characters"


@cache
def _segmenter(name: Segmentation) -> Part:
    part = {"spaces": _whole, "characters": _characters, "chinese": _chinese, "japanese": _japanese}[name]()

    @lru_cache(maxsize=_REMEMBERED_RUNS)
    def parted(run: str) -> tuple[str, ...]:
        if _NO_BLANKS.search(run) is None:
            return (run,)
        pieces = (run[start : start + _LONGEST_RUN] for start in range(0, len(run), _LONGEST_RUN))
        return tuple(chain.from_iterable(map(part, pieces)))

    return parted


def _whole() -> Part:
    return lambda run: (run,)


def _characters() -> Part:
    """Part at each letter; vowel and tone signs stay with theirs, and words of other scripts stay whole."""
    codes = [code for first, last in _SOUTH_EAST for code in range(ord(first), ord(last) + 1)]
    signs = "".join(chr(code) for code in codes if unicodedata.category(chr(code)).startswith("M")) + "\u3099\u309a"
    letters = f"{_HAN}{_KANA}{_SOUTH_EAST_CLASS}"
    return re.compile(f"[{letters}][{signs}]*|[^{letters}]+").findall


def _chinese() -> Part:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import jieba
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    # Its own start reads and writes a cache in the folder of temporary files, where anybody may put another.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    cut: Part = tokenizer.lcut
    return cut


def _japanese() -> Part:
    import fugashi
    import unidic_lite

    # Any dictionary that lies elsewhere on the machine would give other words on other machines.
    tagger = fugashi.GenericTagger(f'-O wakati -r /dev/null -d "{unidic_lite.DICDIR}"')
    lock = threading.Lock()

    def part(run: str) -> list[str]:
        # A tagger has one working place, and pages run in several threads.
        with lock:
            parted: str = tagger.parse(run)
        return parted.split()

    return part
