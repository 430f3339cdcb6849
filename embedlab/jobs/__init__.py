"""Background jobs: requests, the queue, and the evaluation of finished runs."""
