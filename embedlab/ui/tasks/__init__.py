"""The part of a run's page that its task draws, one file for each task that draws more than a table."""
