"""An autoencoder in Keras."""
