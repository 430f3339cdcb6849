"""Skip-gram as a Keras network."""
