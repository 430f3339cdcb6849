"""Questions about what a run has not seen: new texts, unknown words, recommendations."""
