"""Figures of a report, for Matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ._program import Error, needed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which colour-blind readers can tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
STYLES = ("-", "--", "-.", ":")
# Noise/signal from which a layer is noisy, and chaotic.
LIMITS = {"noisy": 0.1, "chaotic": 1.0}


def layers(rows: Sequence[dict[str, str]]) -> Figure:
    """Noise/signal by layer, median and range over the trials, a line for each precision and activation."""
    figure = drawn((8, 4.5))
    axes = figure.subplots()
    lines: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        lines.setdefault((row["precision_as_given"], row["activation"]), []).append(row)
    several = len({activation for _, activation in lines}) > 1
    for place, ((precision, activation), points) in enumerate(lines.items()):
        _line(axes, points, f"{precision}, {activation}" if several else precision, place)
    for name, limit in LIMITS.items():
        axes.axhline(limit, color="0.6", linewidth=0.8)
        axes.annotate(name, (1, limit), xycoords=("axes fraction", "data"), va="bottom", ha="right", color="0.4")
    axes.set(yscale="log", xlabel="layer (1 = input)", ylabel="rounding noise / gradient")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
    return figure


def drawn(inches: tuple[float, float]) -> Figure:
    """An empty figure of a width and height, which a notebook shows where it is a cell's value."""
    pyplot = needed("matplotlib.pyplot", "plot")
    figure: Figure = pyplot.figure(figsize=inches, layout="constrained")
    pyplot.close(figure)  # Otherwise a notebook shows it a second time.
    return figure


def _line(axes: Any, points: Sequence[dict[str, str]], label: str, place: int) -> None:
    def column(name: str) -> list[float]:
        return [float(point[name] or "nan") for point in points]

    numbers, colour = column("layer"), COLOURS[place % len(COLOURS)]
    axes.plot(
        numbers, column("noise_to_signal"), STYLES[place // len(COLOURS) % len(STYLES)], color=colour, label=label
    )
    axes.fill_between(numbers, column("noise_to_signal_low"), column("noise_to_signal_high"), color=colour, alpha=0.2)


def picture(folder: Path, name: str) -> Figure:
    """A picture of the report; of several activations, one below another."""
    panels = sorted((folder / "panels").rglob("*.png"))
    chosen = [panel for panel in panels if panel.stem == name]
    if not chosen:
        known = ["layers", *sorted({panel.stem for panel in panels})]
        raise Error(f"there is no picture `{name}`: there are {', '.join(known)}")
    image = needed("matplotlib.image", "plot")
    pixels = [image.imread(panel) for panel in chosen]
    height, width = pixels[0].shape[:2]
    figure = drawn((8, 8 * height / width * len(pixels)))
    for axes, shown, panel in zip(figure.subplots(len(pixels), squeeze=False)[:, 0], pixels, chosen):
        axes.imshow(shown)
        axes.set_axis_off()
        if len(chosen) > 1:
            axes.set_title(panel.parent.name)
    return figure
