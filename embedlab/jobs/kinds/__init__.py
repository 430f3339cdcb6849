"""The kinds of jobs, one file per kind, imported only when needed."""
