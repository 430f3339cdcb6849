"""What each kind of job does, one file a kind, imported only by the worker that needs it."""
