"""The script here needs PyTorch and transformers: it is run by hand, and by the live comparison where they are."""

from __future__ import annotations

collect_ignore = ["make_references.py"]
