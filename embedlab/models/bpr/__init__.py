"""BPR: vectors of users and items that rank chosen items above others."""
