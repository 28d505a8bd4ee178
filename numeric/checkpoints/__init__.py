"""Real weights: checkpoints of Hugging Face (safetensors) and llama.cpp (GGUF) as models of this package."""

from .loading import Checkpoint, load

__all__ = ["Checkpoint", "load"]
