"""Films of trainings: all snapshots projected to the plane of the finished map."""
