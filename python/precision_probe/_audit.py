"""Check gradients in a test."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Sequence
from typing import Any

from ._arrays import Source, file
from ._probe import batch, network
from ._program import flags, program, run, sentence, workplace

EXCEEDED = 3


def assert_gradients_explained(
    weights: Source,
    x: Any,
    y: Any,
    gradients: Source,
    activation: str | Sequence[str] | None = "relu",
    loss: str | None = None,
    precision: str = "bf16:acc=f32",
    max_excess_bits: float = 1,
    **options: Any,
) -> None:
    """Fail if a layer's gradient has more error than rounding in `precision` explains.

    `gradients` are of the mean loss over the batch, named or shaped as `weights`; `weights`, `x`, `y`, `activation` and
    `loss` are those of `probe`, and `options` those of `precision-probe audit`, such as `compare_scale=1024`. A layer may
    have `max_excess_bits` bits of noise beyond those of `precision`.

    Raises `AssertionError` with the worst layer, its noise, the noise that `precision` gives, and a command that
    reproduces it (its files are kept, and the message says where), and `Error` for what cannot be measured.
    """
    __tracebackhide__ = True  # pytest then shows the caller's line.
    with workplace(is_kept=True) as folder:
        arguments = ["audit", *network(folder, weights, activation), *batch(folder, x, y, loss)]
        arguments += [f"--compare=gradients={file(gradients, folder / 'gradients.safetensors')}", f"--as={precision}"]
        arguments += flags({"max_excess": max_excess_bits, "out": folder / "report", **options})
        done = run(arguments, allowed=(0, EXCEEDED))
    if done.returncode != EXCEEDED:
        shutil.rmtree(folder, ignore_errors=True)
        return
    table = done.stdout.decode("utf-8").partition("\n\n")[2].rstrip()
    command = shlex.join([program(), *arguments])
    raise AssertionError(f"{sentence(done.stderr)}\n\n{table}\n\nfiles kept in {folder}; reproduce with:\n{command}")
