"""Work in the background: queue, worker processes, progress."""
