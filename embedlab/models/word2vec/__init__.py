"""Word2Vec, by our own compiled loop or by gensim."""
