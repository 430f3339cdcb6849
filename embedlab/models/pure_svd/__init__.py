"""PureSVD: the truncated singular value decomposition of the matrix of interactions."""
