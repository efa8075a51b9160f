"""Measure how much of a deep network's gradient a number format keeps.

The package drives the `precision-probe` program: it writes arrays to files, runs the program, and reads its results back.
It needs NumPy; pandas, matplotlib, PyTorch and JAX are imported only by the functions that use them.

    >>> import precision_probe as pp
    >>> pp.probe(depth=3, width=16, trials=1).verdict("bf16:acc=f32")
    'sound'
"""

from ._audit import assert_gradients_explained
from ._jax import from_jax
from ._probe import Probe, probe
from ._program import Error
from ._round import round
from ._torch import from_torch

__all__ = ["Error", "Probe", "assert_gradients_explained", "from_jax", "from_torch", "probe", "round"]
