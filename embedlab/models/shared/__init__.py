"""Code shared by several models: gensim and Keras training, counts, vocabularies, scripts."""
