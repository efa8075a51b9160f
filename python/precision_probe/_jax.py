"""Networks of JAX and Flax."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._arrays import flat
from ._probe import Probe, probe
from ._program import Error


def from_jax(
    params: Any,
    x: Any,
    y: Any,
    activation: str | Sequence[str] = "relu",
    loss: str | None = None,
    precisions: str | Sequence[str] = ("bf16:acc=f32",),
    **options: Any,
) -> Probe:
    """Measure a multilayer perceptron whose parameters are a pytree of dicts and lists, as Flax has them.

    Leaves are named by their path, `params/Dense_0/kernel` [in × out] and `params/Dense_0/bias` [out]; a leaf called
    `weight` is [out × in]. The other parameters are those of `probe`. Raises `Error`.
    """
    named = dict(flat(params))
    if any(not name or name.rpartition("/")[2].isdecimal() for name in named):
        raise Error(
            "the pytree does not say which of its arrays are weights and which biases: "
            'give dicts such as {"kernel": W, "bias": b} with W [in × out], or {"weight": W, "bias": b} with W [out × in]'
        )
    return probe(named, x, y, activation, loss, precisions, **options)
