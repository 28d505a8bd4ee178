"""Statements of `formal` read on a model: values for their letters, what is certain of them, and audits of the book."""
