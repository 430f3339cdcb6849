"""The queue and its processes: dispatcher, workers, locks, progress, snapshots, journal."""
