"""Most popular items with pandas, as counted by EmbedLab.

Needs: pip install pandas
Reads DATA_FILE: columns user, item, weight, part; weight 0 is a rating that does not count as positive.
"""

import pandas as pd

# parameters
DATA_FILE = "interactions.csv"
# end of parameters

interactions = pd.read_csv(DATA_FILE, dtype={"user": str, "item": str})
learned = interactions["part"].isin(["train", "validation_history", "validation"])
known = interactions[learned & (interactions["weight"] > 0)]
counts = known["item"].value_counts()
counts.to_csv("popularity.csv")
print(f"{len(counts)} items in popularity.csv, most popular first:")
print(counts.head(10).to_string())
