"""Recommendations by the content of items with scikit-learn, as trained by EmbedLab.

Needs: pip install pandas scikit-learn
Reads DATA_FILE: columns user, item, weight, part; weight 0 is a rating that does not count as positive. Columns
item_NAME describe the item, in its first row.
"""

import re

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.preprocessing import normalize

# parameters
DATA_FILE = "interactions.csv"
VECTOR_SIZE = 64
TITLE_WORDS = True
MIN_COUNT = 3
SUBLINEAR_TF = True
SEED = 0
# end of parameters

table = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str}, na_values=[""], keep_default_na=False)
users, items = (np.array(table[name].unique(), dtype=str) for name in ("user", "item"))
described = table.drop_duplicates("item").filter(regex="^item_.")


def words(row):
    """Genres, tags and categories as single words; the words of titles and texts one by one."""
    found = []
    for column, value in row.items():
        name = column.removeprefix("item_")
        if pd.isna(value) or (name == "label" and not TITLE_WORDS):
            continue
        if name == "label" or (isinstance(value, str) and name not in single and "|" not in value):
            found += [
                word for word in re.findall(r"[^\W\d_]{2,}", str(value).lower()) if word not in ENGLISH_STOP_WORDS
            ]
        elif name == "year":
            found.append(f"year: {int(value) // 10 * 10}s")
        else:
            found += [f"{name}: {each.strip()}" for each in str(value).split("|") if each.strip()]
    return found


# Columns whose values are single words: lists, and values that repeat.
single = set()
for column, values in described.items():
    repeats = values.nunique() <= 50 or 3 * values.nunique() <= values.notna().sum()
    if repeats or values.astype(str).str.contains("[|]").any():
        single.add(column.removeprefix("item_"))
documents = [words(row) for _, row in described.iterrows()]
tfidf = TfidfVectorizer(analyzer=lambda document: document, min_df=MIN_COUNT, sublinear_tf=SUBLINEAR_TF)
weights = tfidf.fit_transform(documents)
svd = TruncatedSVD(min(VECTOR_SIZE, *weights.shape), n_iter=7, random_state=SEED)
item_vectors = normalize(svd.fit_transform(weights))

learned = table["part"].isin(["train", "validation_history", "validation"])
known = table[learned & (table["weight"] > 0)]
rows = pd.Categorical(known["user"], users).codes, pd.Categorical(known["item"], items).codes
chosen = csr_array((known["weight"].to_numpy(float), rows), shape=(len(users), len(items)))
totals = chosen @ item_vectors.any(axis=1).astype(float)
user_vectors = (chosen @ item_vectors) / np.maximum(totals, 1e-12)[:, np.newaxis]
np.savez("vectors.npz", items=items, item_vectors=item_vectors, users=users, user_vectors=user_vectors)
scores = item_vectors @ user_vectors[0]
scores[chosen[[0]].indices] = -np.inf
print("Recommended to", users[0], ":", ", ".join(items[np.argsort(-scores)[:10]]))
