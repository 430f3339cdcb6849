"""Background work: requests, the queue, and what becomes of finished runs."""
