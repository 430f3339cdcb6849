"""What several models use: gensim and Keras training, counts, vocabularies, scripts."""
