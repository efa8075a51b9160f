"""Writes a network, a batch and their gradients in four types into a folder, for `precision-probe audit`.

    pip install "jax[cpu]" safetensors && python examples/jax_gradients.py FOLDER
"""
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.flax import save_file

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_default_matmul_precision", "highest")  # on GPU and TPU, f32 would not be f32
units, batch, draw = [16] + [24] * 8 + [10], 32, np.random.default_rng(0).standard_normal
# Multiples of 2^-10 of at most 8 bits: every type holds them exactly, so that all see the identical network.
exact = lambda values: jnp.asarray(np.round(values * 1024) / 1024, "bfloat16").astype("float64")
network = {}
for layer, (fan_in, fan_out) in enumerate(zip(units, units[1:])):
    network[f"{2 * layer}.weight"] = exact(draw((fan_out, fan_in)) / fan_in**0.5)  # as torch.nn.Sequential names them
    network[f"{2 * layer}.bias"] = exact(draw(fan_out) / 10)
x, y = exact(draw((batch, units[0]))), jnp.arange(batch) % units[-1]


def loss(network, x):
    for layer in range(len(units) - 2):
        x = jnp.tanh(x @ network[f"{2 * layer}.weight"].T + network[f"{2 * layer}.bias"])
    logits = x @ network[f"{2 * len(units) - 4}.weight"].T + network[f"{2 * len(units) - 4}.bias"]
    return -jax.nn.log_softmax(logits)[jnp.arange(batch), y].mean()


folder = Path(sys.argv[1])
save_file(network, folder / "weights.safetensors")
save_file({"x": x, "y": y}, folder / "batch.safetensors")
for name in ["float64", "float32", "float16", "bfloat16"]:
    cast = jax.tree.map(lambda values: values.astype(name), (network, x))
    gradients = jax.jit(jax.grad(loss))(*cast)
    save_file(gradients, folder / f"{name}.safetensors")
    np.savez_compressed(folder / f"{name}.npz", **gradients)  # NumPy calls bfloat16 <V2
