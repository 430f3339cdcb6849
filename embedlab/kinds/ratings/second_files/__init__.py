"""Files beside the ratings: users, and why ids of a file do not match."""
