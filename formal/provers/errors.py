"""How a prover says that it found no proof."""

from __future__ import annotations


class ProofFailure(Exception):
    """No proof was found; the message has what is left to show, the facts used, and the limit that was hit."""
