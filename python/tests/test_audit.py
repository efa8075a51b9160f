"""`assert_gradients_explained` on gradients that NumPy and JAX compute."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import numpy as np
import precision_probe as pp
import pytest


def gradients(network: dict, x: np.ndarray, y: np.ndarray, dtype: type) -> dict:
    """Of the mean cross-entropy of a ReLU network, by hand."""
    network = {name: array.astype(dtype) for name, array in network.items()}
    layers, inputs, found = len(network) // 2, [x.astype(dtype)], {}
    for layer in range(layers):
        z = inputs[-1] @ network[f"{2 * layer}.weight"].T + network[f"{2 * layer}.bias"]
        inputs.append(np.maximum(z, 0) if layer < layers - 1 else z)
    exponentials = np.exp(inputs.pop())
    delta = exponentials / exponentials.sum(1, keepdims=True)
    delta[np.arange(len(y)), y] -= 1
    delta /= len(y)
    for layer in reversed(range(layers)):
        found[f"{2 * layer}.weight"], found[f"{2 * layer}.bias"] = delta.T @ inputs[layer], delta.sum(0)
        delta = (delta @ network[f"{2 * layer}.weight"]) * (inputs[layer] > 0)
    return found


@pytest.mark.parametrize("dtype, precision", [(np.float32, "f32"), (np.float64, "f64")])
def test_gradients_by_hand_are_explained(network: dict, batch: tuple, dtype: type, precision: str) -> None:
    pp.assert_gradients_explained(network, *batch, gradients(network, *batch, dtype), precision=precision)


def test_a_planted_fault_fails_with_numbers_and_a_command(network: dict, batch: tuple) -> None:
    wrong = gradients(network, *batch, np.float64)
    wrong["2.weight"] = wrong["2.weight"] * (1 + 1e-9)
    with pytest.raises(AssertionError) as caught:
        pp.assert_gradients_explained(network, *batch, wrong, precision="f64")
    message = str(caught.value)
    layer, excess = re.search(r"layer (\d+) exceeds the error of f64 by ([\d.]+) bits", message).groups()
    measured, expected = map(float, re.search(r"^ +2  2 +(\S+) +(\S+)", message, re.MULTILINE).groups())
    assert layer == "2" and measured == pytest.approx(1e-9, rel=0.1) and 0 < expected < 1e-14
    assert float(excess) == pytest.approx(np.log2(measured / expected), abs=0.1)
    # The command reproduces it with the files that were kept.
    kept = Path(re.search(r"files kept in (\S+);", message).group(1))
    again = subprocess.run(shlex.split(message.splitlines()[-1]), capture_output=True, text=True, check=False)
    shutil.rmtree(kept)
    assert again.returncode == 3 and f"layer 2 exceeds the error of f64 by {excess} bits" in again.stderr


def test_max_excess_bits_is_the_limit(network: dict, batch: tuple) -> None:
    wrong = gradients(network, *batch, np.float64)
    wrong["2.weight"] = wrong["2.weight"] * (1 + 1e-9)
    pp.assert_gradients_explained(network, *batch, wrong, precision="f64", max_excess_bits=30)


def test_what_cannot_be_audited_is_an_error(network: dict, batch: tuple) -> None:
    with pytest.raises(pp.Error, match="unknown format `f65`") as caught:
        pp.assert_gradients_explained(network, *batch, network, precision="f65")
    assert caught.value.status == 2
    with pytest.raises(pp.Error, match="gradients.safetensors"):
        pp.assert_gradients_explained(network, *batch, {"0.weight": np.ones((2, 2))})


@pytest.mark.parametrize(
    "dtype, precision", [("float32", "f32"), ("bfloat16", "bf16:acc=f32"), ("float16", "f16:acc=f32")]
)
def test_gradients_of_jax(dtype: str, precision: str) -> None:
    jax = pytest.importorskip("jax")
    params, x, y, gradient = jax_gradients(jax, dtype)
    explained = {"activation": "tanh", "precision": precision}
    pp.assert_gradients_explained(params, x, y, gradient, **explained)
    # A factor that was forgotten in one layer's backward pass.
    gradient["params"]["Dense_1"]["kernel"] = gradient["params"]["Dense_1"]["kernel"] * 1.25
    with pytest.raises(AssertionError, match=r"layer 2 exceeds the error of \S+ by") as caught:
        pp.assert_gradients_explained(params, x, y, gradient, **explained)
    shutil.rmtree(re.search(r"files kept in (\S+);", str(caught.value)).group(1))


def jax_gradients(jax, dtype: str) -> tuple:
    """Parameters as Flax names them, a batch and jax.grad of the mean cross-entropy, all in one type."""
    units, normal = [16, 24, 24, 10], np.random.default_rng(3).standard_normal
    dense = {
        f"Dense_{layer}": {
            "bias": jax.numpy.asarray(normal(fan_out) / 10, dtype),
            "kernel": jax.numpy.asarray(normal((fan_in, fan_out)) / fan_in**0.5, dtype),
        }
        for layer, (fan_in, fan_out) in enumerate(itertools.pairwise(units))
    }
    x, y = jax.numpy.asarray(normal((32, units[0])), dtype), jax.numpy.arange(32) % units[-1]

    def loss(params):
        h = x
        for layer, of_layer in enumerate(params["params"].values()):
            h = (jax.numpy.tanh(h) if layer else h) @ of_layer["kernel"] + of_layer["bias"]
        return -jax.nn.log_softmax(h)[jax.numpy.arange(len(y)), y].mean()

    params = {"params": dense}
    return params, x, y, jax.jit(jax.grad(loss))(params)
