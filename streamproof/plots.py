"""The plots of an audit, each an SVG picture as text: one function for one measure."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from numeric.functions import Array
from numeric.measures.channels import Channels
from numeric.measures.directions import Overlaps
from numeric.measures.erasure import Erasure
from numeric.measures.heads import Heads
from numeric.measures.neurons import Neurons
from numeric.measures.streams import Stream
from numeric.measures.subspaces import Subspaces
from numeric.optional import needed

INK, WARN = "#28527a", "#c0392b"


def picture(draw: Callable[[Any], None], columns: int = 1, height: float = 3.0) -> str:
    """The SVG of a figure with so many axes side by side, which `draw` fills; without scripts and links."""
    figures = needed("matplotlib.figure", "a plot")
    needed("matplotlib", "a plot").rcParams["svg.hashsalt"] = "streamproof"  # the same picture each time
    figure = figures.Figure(figsize=(4.6 * columns if columns > 1 else 6.0, height), layout="constrained")
    axes = figure.subplots(1, columns)
    draw(axes)
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    return text[text.index("<svg") :]


def spectra(found: Channels) -> str:
    """Singular values of some virtual weights, the largest first."""

    def draw(ax: Any) -> None:
        for n, ((i, k), values) in enumerate(found.spectra.items()):
            ax.semilogy(
                np.arange(1, len(values) + 1), values, label=f"MLP {i} → MLP {k}", color=_shade(n, found.spectra)
            )
        ax.set(xlabel="channel", ylabel="singular value")
        ax.legend(fontsize=7, frameon=False)

    return picture(draw)


def pairs_of_layers(found: Channels) -> str:
    """Effective dimension and composition score of all pairs of MLPs."""

    def draw(axes: Any) -> None:
        for ax, values, title in zip(
            axes, (found.effective, found.score), ("effective dimension", "composition score"), strict=True
        ):
            _heat(ax, values.T, "what MLP i writes", "what MLP k reads", title)

    return picture(draw, 2, 3.6)


def head_subspaces(found: Subspaces) -> str:
    """Overlaps of what heads write to, beside what is forced, and cosines of principal angles."""

    def draw(axes: Any) -> None:
        _heat(axes[0], found.overlap, "head", "head", "mean squared cosine")
        n = len(found.overlap)
        pairs = found.overlap[np.triu_indices(n, 1)]
        axes[1].hist(pairs, bins=60, range=(0, float(np.percentile(pairs, 99.8))), color=INK)
        axes[1].axvline(found.forced, color=WARN, label=f"mean is forced above {found.forced:.3f}")
        axes[1].axvline(found.mean, color="black", linestyle=":", label=f"mean {found.mean:.3f}")
        axes[1].set(xlabel="overlap of two heads", ylabel="pairs")
        axes[1].legend(fontsize=7, frameon=False)

    return picture(draw, 2, 3.6)


def head_composition(found: Mapping[str, Array]) -> str:
    """Composition scores of all pairs of heads, by kind; [layer, head, layer, head] each."""

    def draw(axes: Any) -> None:
        for ax, (kind, scores) in zip(axes, found.items(), strict=True):
            n = scores.shape[0] * scores.shape[1]
            table = scores.reshape(n, n)
            _heat(
                ax, np.where(table > 0, table, np.nan).T, "head that writes", "head that reads", f"{kind}-composition"
            )

    return picture(draw, len(found), 3.6)


def principal_angles(found: Subspaces) -> str:
    """Cosines of the principal angles of neighbouring heads."""

    def draw(ax: Any) -> None:
        ax.hist(found.cosines, bins=80, color=INK)
        ax.set(xlabel="cosine of a principal angle between neighbouring heads of a layer", ylabel="angles")

    return picture(draw)


def neuron_criteria(found: list[Neurons]) -> str:
    """w_in . w_out and its cosine, of all neurons, beside -1."""

    def draw(axes: Any) -> None:
        dots = np.concatenate([n.dot for n in found])
        cosines = np.concatenate([n.cosine for n in found])
        for ax, values, name in zip(axes, (dots, cosines), ("w_in · w_out", "cosine of w_in and w_out"), strict=True):
            low, high = np.percentile(values, [0.05, 99.95])
            ax.hist(values, bins=120, range=(min(low, -1.1), max(high, 1.1)), color=INK, log=True)
            ax.axvline(-1, color=WARN, label="-1")
            ax.set(xlabel=name, ylabel="neurons")
            ax.legend(fontsize=7, frameon=False)

    return picture(draw, 2)


def ov_eigenvalues(found: list[Heads]) -> str:
    """The eigenvalues of W_OV in the complex plane, beside -1."""

    def draw(ax: Any) -> None:
        for n, heads in enumerate(found):
            values = heads.eigenvalues.ravel()
            ax.scatter(values.real, values.imag, s=3, color=_shade(n, found), rasterized=True, linewidths=0)
        ax.axvline(-1, color=WARN)
        ax.text(-1, ax.get_ylim()[1], " a head clears at -1 / A_ii", color=WARN, fontsize=7, va="top", ha="left")
        ax.set(xlabel="real part", ylabel="imaginary part")

    return picture(draw)


def coherences(found: list[Overlaps]) -> str:
    """The coherence of sets of directions beside Welch's bound."""

    def draw(ax: Any) -> None:
        at = np.arange(len(found))[::-1]
        ax.barh(at, [o.largest for o in found], color=INK, label="largest |cosine|")
        ax.barh(at, [np.sqrt(o.mean_square) for o in found], color="#9fc3e0", label="root mean square")
        ax.scatter([o.welch for o in found], at, color=WARN, marker="|", s=120, label="Welch: the largest is at least")
        ax.set_yticks(at, [f"{o.what} ({o.count})" for o in found], fontsize=7)
        ax.set(xlim=(0, 1))
        ax.legend(fontsize=7, frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)

    return picture(draw, height=1.0 + 0.4 * len(found))


def growth(found: Stream) -> str:
    """The length of the residual stream before each layer, and what is added to it."""

    def draw(ax: Any) -> None:
        layers = np.arange(len(found.norms))
        ax.fill_between(layers, found.norms.min(axis=1), found.norms.max(axis=1), color="#dbe7f2", linewidth=0)
        ax.semilogy(layers, np.median(found.norms, axis=1), color=INK, label="stream (median, all tokens shaded)")
        for values, colour, name in ((found.attention, "#2e8b57", "attention"), (found.mlp, WARN, "MLP")):
            ax.semilogy(layers[:-1] + 0.5, np.median(values, axis=1), ".", color=colour, label=f"written by {name}")
        ax.set(xlabel="layer", ylabel="length")
        ax.legend(fontsize=7, frameon=False)

    return picture(draw)


def local_gains(found: list[Erasure]) -> str:
    """Singular values of the local maps of layers: what is below 1 shrinks."""

    def draw(axes: Any) -> None:
        for ax, name in zip(axes, ("attention", "mlp"), strict=True):
            for n, e in enumerate(found):
                values = e.attention if name == "attention" else e.mlp
                ax.semilogy(np.arange(1, len(values) + 1), values, color=_shade(n, found), label=f"layer {e.layer}")
            ax.axhline(1, color="black", linewidth=0.6)
            ax.set(xlabel="direction", ylabel="gain", title={"attention": "attention to itself", "mlp": "MLP"}[name])
        axes[0].legend(fontsize=6, frameon=False)

    return picture(draw, 2)


def _heat(ax: Any, values: Array, across: str, down: str, title: str) -> None:
    image = ax.imshow(values, cmap="Blues", interpolation="nearest", aspect="auto")
    ax.set_title(title, fontsize=9)
    ax.set(xlabel=across, ylabel=down)
    ax.figure.colorbar(image, ax=ax, shrink=0.8)


def _shade(n: int, whole: Any) -> Any:
    return needed("matplotlib", "a plot").colormaps["viridis"](0.9 * n / max(1, len(whole) - 1))
