"""The path graph of `formal.paths` on the weights of a model: norms, exact ranks, strongest and frozen paths."""
