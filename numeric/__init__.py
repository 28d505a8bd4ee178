"""Claims measured on transformers: models, traces of their activations, and rigorous enclosures. Imports `formal`."""
