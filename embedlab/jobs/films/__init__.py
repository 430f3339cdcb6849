"""Films of trainings: every snapshot drawn in one stable frame, that of the finished map."""
