"""How many cases a score needs before it can be judged: with fewer, its standard error exceeds most differences.

A score with too few cases is shown with its number of cases, but it is never ranked, never highlighted as the best,
never drawn in a figure, and no advice is based on it.
"""

from __future__ import annotations

#: Word pairs and questions. The standard error of a rank correlation is about 1 / sqrt(n): 0.1 with 100 pairs.
#: Source: Bonett, D. G. and Wright, T. A. (2000). Sample size requirements for estimating Pearson, Kendall and Spearman
#: correlations.
FEWEST = 100
#: Lists of word pairs are rated by many people and are short: MC-30 and RG-65 count, with their wide interval.
FEWEST_PAIRS = 30
#: Documents that vote for the label of their neighbors. The standard error of a share is at most 0.5 / sqrt(n): 0.07.
FEWEST_DOCUMENTS = 50
#: Cases of a test part: documents or ratings. The standard error of a share is at most 0.5 / sqrt(n): 0.13, and the
#: relative standard error of an RMSE about 1 / sqrt(2 n): 0.18.
#: Source: Agresti, A. and Coull, B. A. (1998). Approximate is better than "exact" for interval estimation of binomial
#: proportions.
FEWEST_TEST_CASES = 15


def are_enough_test_cases(n_cases: int | None) -> bool:
    """Return whether a score on this many held-out cases can be judged; also if their number was not stored."""
    return n_cases is None or n_cases >= FEWEST_TEST_CASES
