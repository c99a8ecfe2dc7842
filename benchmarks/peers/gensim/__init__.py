"""gensim behind the contract."""
