"""Documents with planted topics, imported as a user's file would be."""

from __future__ import annotations

import numpy as np

from embedlab.datasets.sources import Limits
from embedlab.datasets.text import TextDataset, TextOptions, import_text

N_TOPICS = 3
SHARED = [f"filler{number}" for number in range(20)]


def topic_words(topic):
    return [f"{'xyz'[topic]}word{number}" for number in range(30)]


def planted_documents(n=120, length=40, seed=0):
    """Documents of one topic each (their number modulo 3), half of whose words are the same for all topics."""
    rng = np.random.default_rng(seed)
    return [
        [str(word) for word in rng.choice(topic_words(number % N_TOPICS) if rng.random() < 0.5 else SHARED, 1)]
        + [str(rng.choice(topic_words(number % N_TOPICS) if rng.random() < 0.5 else SHARED)) for _ in range(length - 1)]
        for number in range(n)
    ]


def labelled_dataset(folder, documents=None, labels=None):
    """Import documents with their topics as labels `topic 0` ... ."""
    documents = planted_documents() if documents is None else documents
    labels = [f"topic {number % N_TOPICS}" for number in range(len(documents))] if labels is None else labels
    path, home = folder / "labelled.tsv", folder / "dataset"
    path.write_text(
        "".join(f"{label}\t{' '.join(words)}\n" for label, words in zip(labels, documents, strict=True)),
        encoding="utf-8",
    )
    options = TextOptions(layout="delimited", delimiter="\t", has_header=False, text_column=1, label_column=0)
    home.mkdir()
    import_text(path, options, home, limits=Limits())
    return TextDataset.open(home)
