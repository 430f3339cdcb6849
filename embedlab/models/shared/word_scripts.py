"""The scripts that repeat trainings of words with gensim alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from embedlab.models.shared.starting import START_READS

_SCRIPT = '''"""{model} with gensim, as trained by EmbedLab.

Needs: pip install gensim
Reads {data_file!r}: UTF-8, words separated by one space, at most 100 words a line.{start_reads}{note}
"""

from collections import Counter

from gensim.models import {imports}

with open({data_file!r}, encoding="utf-8") as corpus:
    counts = Counter(word for line in corpus for word in line.rstrip("\\n").split(" ") if word)

model = {model}(
    vector_size={vector_size},
    window={window},
    min_count={min_count},
    sample={sample},
    sg={sg:d},
    hs={hs:d},
    negative={negative},
    alpha={alpha},
    seed={seed},
    workers={workers},
    sorted_vocab=0,{more}
)
model.build_vocab_from_freq(dict(counts.most_common()))
{start_lines}model.train(corpus_file={data_file!r}, total_words=sum(counts.values()), epochs={epochs})
model.wv.save_word2vec_format("vectors.txt")
print(len(model.wv), "words in vectors.txt")
'''

_OTHER_LOOP = """
EmbedLab's own loop (backend numba) trained the run: gensim minimizes the same objective, with other random numbers and
one set of negative samples for each pair instead of each window. Vectors of the same quality, not the same numbers."""

_START = """start = KeyedVectors.load_word2vec_format("start.txt")
known = [word for word in model.wv.index_to_key if word in start]
model.wv.vectors[[model.wv.key_to_index[word] for word in known]] = start[known]
"""

#: A `sample` of gensim that thins no word out: every share of the text is below its bound.
_NO_THINNING = 0.9


def gensim_sample(sample: float, *, hs: bool) -> float:
    """Return the `sample` to give gensim.

    With hierarchical softmax and no thinning gensim 4.4 draws window widths from a state it never sets, and no two
    trainings are alike; a bound that thins nothing makes it set the state.
    """
    return _NO_THINNING if hs and sample == 0 else sample


def word2vec_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `Word2VecParameters`."""
    return _script("Word2Vec", values, data_file)


def fasttext_script(values: Mapping[str, Any], data_file: str) -> str:
    """Return the script for these values of `FastTextParameters`."""
    return _script("FastText", values, data_file, ("min_n", "max_n", "bucket"))


def _script(model: str, values: Mapping[str, Any], data_file: str, more: Sequence[str] = ()) -> str:
    given = {
        **values,
        "negative": 0 if values["hs"] else values["negative"],
        "sample": gensim_sample(values["sample"], hs=values["hs"]),
        "start_reads": START_READS if values.get("start_from") else "",
        "start_lines": _START if values.get("start_from") else "",
        "note": _OTHER_LOOP if values.get("backend") == "numba" else "",
        "imports": f"KeyedVectors, {model}" if values.get("start_from") else model,
        "more": "".join(f"\n    {name}={values[name]}," for name in more),
    }
    return _SCRIPT.format(**given, model=model, data_file=data_file)
