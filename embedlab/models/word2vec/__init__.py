"""Word2Vec, with our own compiled loop or with gensim."""
