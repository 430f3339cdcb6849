"""Poincare embedding with gensim, as trained by EmbedLab.

Needs: pip install numpy pandas gensim
Reads DATA_FILE: columns child and parent.

EmbedLab trains with its own compiled loop. gensim minimizes the same loss more slowly, with other random numbers and
with updates in batches: equal quality after enough epochs, but different numbers.
"""

import pandas as pd
from gensim.models.poincare import PoincareModel

# parameters
DATA_FILE = "relations.csv"
VECTOR_SIZE = 2
EPOCHS = 100
REGULARIZATION = 1.0
ALL_ANCESTORS = True
NEGATIVE = 10
ALPHA = 0.1
BURN_IN = 10
SEED = 0
# end of parameters

table = pd.read_csv(DATA_FILE, dtype=str, keep_default_na=False)
relations = list(zip(table["child"], table["parent"], strict=True))
parent_of = dict(relations)
if ALL_ANCESTORS and len(parent_of) == len(relations):
    ancestors = []
    for child in parent_of:
        node, path = child, {child}
        while node in parent_of and parent_of[node] not in path:
            node = parent_of[node]
            path.add(node)
            ancestors.append((child, node))
    relations = ancestors

names = {name for pair in relations for name in pair}
related: dict[str, set[str]] = {}
for child, parent in relations:
    related.setdefault(child, set()).add(parent)
model = PoincareModel(
    relations,
    size=VECTOR_SIZE,
    alpha=ALPHA,
    # gensim needs this many nodes that are no relatives.
    negative=min(NEGATIVE, len(names) - max(map(len, related.values()))),
    regularization_coeff=REGULARIZATION,
    burn_in=BURN_IN,
    burn_in_alpha=ALPHA / 10,
    seed=SEED,
)
model.train(epochs=EPOCHS)
model.kv.save_word2vec_format("vectors.txt")
print(len(model.kv), "nodes in vectors.txt")
