"""EASE: a linear autoencoder of items in closed form."""
