"""Measure a network, and keep what was measured."""

from __future__ import annotations

import csv
import html
import json
import math
import os
import shutil
import weakref
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _plot
from ._arrays import Source, file, save
from ._program import Error, comma_separated, flags, needed, run, workplace

if TYPE_CHECKING:
    import pandas  # type: ignore[import-untyped, unused-ignore]
    from matplotlib.figure import Figure

TABLES = ("summary", "trials", "sources", "remedies")
# From the mildest; layers whose gradient is zero or not established have no noise.
SEVERITY = ("sound", "noisy", "chaotic", "underflow", "overflow")


def probe(
    weights: Source | None = None,
    x: Any = None,
    y: Any = None,
    activation: str | Sequence[str] | None = "relu",
    loss: str | None = None,
    precisions: str | Sequence[str] = ("bf16:acc=f32",),
    **options: Any,
) -> Probe:
    """Backpropagate one network in several precisions and compare every gradient with the exact one.

    `weights` are arrays named as in a state dict (`0.weight` [out × in], `0.bias` [out], or `…/kernel` [in × out]) or
    the path of a safetensors or npz file; without it the program draws networks, as `depth`, `width`, `init` and others
    say. `x` [batch × features] and `y` (class indices [batch] of an integer type, or targets [batch × outputs] of a
    floating-point type) are arrays; `x` alone may be the path of a file that holds both.

    `activation` names that of all hidden layers, such as "relu" or "leaky:0.2". With `weights`, a list names that of each
    hidden layer; without them, each of its activations is measured in networks of its own. `precisions` are those of
    `--formats`. `options` are the program's: `trials=1` is `--trials 1`, `bias=True` is `--bias`, and lists are joined by
    commas; `compare={"torch": gradients}` also measures gradients from elsewhere. `out` is a folder for the report;
    without it, the report lies in a temporary folder that is removed with the result.

    Raises `Error` with the program's sentence.
    """
    with workplace(is_kept=True) as folder:
        return Probe(folder, _arguments(folder, weights, x, y, activation, loss, {"formats": precisions, **options}))


def _arguments(
    folder: Path,
    weights: Source | None,
    x: Any,
    y: Any,
    activation: str | Sequence[str] | None,
    loss: str | None,
    options: dict[str, Any],
) -> list[str]:
    """The command line, whose files are written to `folder`."""
    arguments = network(folder, weights, activation) + batch(folder, x, y, loss)
    for name, gradients in dict(options.pop("compare", None) or {}).items():
        arguments += [f"--compare={name}={file(gradients, folder / f'gradients-{len(arguments)}.safetensors')}"]
    options.setdefault("out", folder / "report")
    return arguments + flags(options)


def network(folder: Path, weights: Source | None, activation: str | Sequence[str] | None) -> list[str]:
    """Options that say which network is measured; its files are written to `folder`."""
    arguments = [] if weights is None else [f"--weights={file(weights, folder / 'weights.safetensors')}"]
    if weights is not None and isinstance(activation, (list, tuple)):
        net = folder / "net.toml"
        net.write_text(f"activations = {json.dumps([str(name) for name in activation])}\n", encoding="utf-8")
        return [*arguments, f"--net={net}"]
    return arguments if activation is None else [*arguments, f"--act={comma_separated(activation)}"]


def batch(folder: Path, x: Any, y: Any, loss: str | None) -> list[str]:
    """Options that say what it is measured on."""
    data = []
    if isinstance(x, (str, os.PathLike)) and y is None:
        data = [f"--data={os.fspath(x)}"]
    elif x is not None and y is not None:
        save({"x": x, "y": y}, folder / "batch.safetensors")
        data = [f"--data={folder / 'batch.safetensors'}"]
    elif x is not None or y is not None:
        raise Error("x and y belong together: give both, or the path of a file with both as x")
    return data + flags({"loss": loss})


class Probe:
    """What was measured: verdicts, noise, causes, remedies, tables and figures.

    In its methods, `name` is a precision as it was given, `layer` counts from 1 at the input, and `activation` is needed
    only if several were measured.
    """

    def __init__(self, folder: Path, arguments: list[str]) -> None:
        out = [argument for argument in arguments if argument.startswith("--out=")]
        #: The folder with the report: record.json, summary.csv, report.html and the pictures.
        self.folder = Path(out[-1].partition("=")[2]).absolute()
        #: What `--json=summary` prints.
        self.summary: dict[str, Any] = json.loads(run([*arguments, "--json=summary"]).stdout)
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    def verdict(self, name: str, layer: int = 1, activation: str | None = None) -> str:
        """`sound`, `noisy`, `chaotic`, `underflow`, `overflow`, `zero` or `not_established`."""
        return self._row(name, layer, activation)["verdict"]

    def noise(self, name: str, layer: int = 1, activation: str | None = None) -> float:
        """Rounding noise over the signal (2-norms of the layer's gradient), median over the trials; NaN if there is none."""
        return number(self._row(name, layer, activation)["noise_to_signal"])

    def cause(self, name: str, layer: int | None = None, activation: str | None = None) -> str | None:
        """The main source of a layer's noise (without `layer`, of the worst one's), such as `branch_flips`.

        None if there is no noise that needs a cause; `no_single`, `below_resolution` or `not_measured` if none is named.
        """
        row = self._row(name, self._worst(name, activation) if layer is None else layer, activation)
        return {"nothing": None, "source": row["cause_source"]}.get(row["cause"], row["cause"])

    def remedy(self, name: str, activation: str | None = None) -> str | None:
        """The precision that is advised, such as `f16:acc=f32` or `f16 with loss scale 2^8`; None if nothing is."""
        row = self._row(name, 1, activation)
        scale = number(row["remedy_log2_loss_scale"])
        return row["remedy_precision"] + (f" with loss scale 2^{scale:.0f}" if abs(scale) > 0 else "") or None

    def rows(self, table: str = "summary") -> list[dict[str, str]]:
        """A table of the report: a dict of texts for each row."""
        with self._csv(table).open(encoding="utf-8", newline="") as lines:
            return list(csv.DictReader(lines))

    def to_pandas(self, table: str = "summary") -> pandas.DataFrame:
        """A tidy table: `summary` (a row for each precision and layer), `trials`, `sources` or `remedies`.

        docs/reference/files.md describes the columns. Needs pandas.
        """
        frame: pandas.DataFrame = needed("pandas", "to_pandas").read_csv(self._csv(table))
        return frame

    def plot(self, what: str = "layers") -> Figure:
        """A figure of Matplotlib: `layers` is noise/signal by layer; any other name is that of a picture of the report.

        Those are `noise`, `range`, `fates`, `flips`, `histogram` and, if sources of noise were measured, `sources` and
        `attribution`. Needs Matplotlib.
        """
        return _plot.layers(self.rows()) if what == "layers" else _plot.picture(self.folder, what)

    def __repr__(self) -> str:
        try:
            return self._screen
        except Error as error:
            return f"<Probe: {error}>"

    def _repr_html_(self) -> str:
        columns = ("activation", "precision_as_given", "noise_to_signal", "verdict", "cause", "remedy")
        cells = [
            (
                row["activation"],
                row["precision_as_given"],
                f"{number(row['noise_to_signal']):.3g}",
                row["verdict"],
                self.cause(row["precision_as_given"], activation=row["activation"]),
                self.remedy(row["precision_as_given"], row["activation"]),
            )
            for row in self.rows()
            if row["layer"] == "1"
        ]
        sentences = self._screen.rpartition("\n\n")[2].rpartition("\nReport:")[0]
        return f"{_html_table(columns, cells)}<p>{html.escape(sentences)}</p>"

    @cached_property
    def _screen(self) -> str:
        """The first screen, as the program prints it."""
        return run(["report", str(self.folder)]).stdout.decode("utf-8").rstrip()

    def _csv(self, table: str) -> Path:
        if table not in TABLES:
            raise Error(f"unknown table `{table}`: there are {', '.join(TABLES)}")
        path = self.folder / f"{table}.csv"
        if not path.is_file():
            raise Error(
                f"`{path}` is missing: the program is of another version than this package, or the report was removed"
            )
        return path

    def _layers(self, name: str, activation: str | None) -> list[dict[str, str]]:
        """The rows of one precision, from the input."""
        rows = [row for row in self._summary_rows if activation in (None, row["activation"])]
        activations = sorted({row["activation"] for row in rows})
        if len(activations) > 1:
            raise Error(f"several activations were measured: name one, such as activation={activations[0]!r}")
        found = [row for row in rows if name in (row["precision_as_given"], row["precision"])]
        if not found:
            known = sorted({f"{row['precision_as_given']} with {row['activation']}" for row in self._summary_rows})
            raise Error(f"`{name}` was not measured: there are {', '.join(known)}")
        return found

    def _row(self, name: str, layer: int, activation: str | None) -> dict[str, str]:
        rows = self._layers(name, activation)
        if not 1 <= layer <= len(rows):
            raise Error(f"there is no layer {layer}: layers are numbered from 1 to {len(rows)}")
        return rows[layer - 1]

    def _worst(self, name: str, activation: str | None) -> int:
        """The layer with the most severe verdict, and of several the largest noise."""

        def severity(row: dict[str, str]) -> tuple[int, float]:
            noise = number(row["noise_to_signal"])
            place = SEVERITY.index(row["verdict"]) if row["verdict"] in SEVERITY else 0
            return place, 0.0 if math.isnan(noise) else noise

        return int(max(self._layers(name, activation), key=severity)["layer"])

    @cached_property
    def _summary_rows(self) -> list[dict[str, str]]:
        return self.rows()


def number(cell: str) -> float:
    """A cell's number; NaN if it is empty."""
    return float(cell or "nan")


def _html_table(columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> str:
    def line(tag: str, cells: Sequence[str | None]) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell or '—')}</{tag}>" for cell in cells) + "</tr>"

    titles = [column.replace("_as_given", "").replace("_to_", "/") for column in columns]
    return f"<table>{line('th', titles)}{''.join(line('td', cells) for cells in rows)}</table>"
