"""Fields in which keys are typed or chosen."""
