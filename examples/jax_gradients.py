"""Writes a network, a batch and their gradients in four types into FOLDER, for `precision-probe audit`.

    pip install "jax[cpu]" && python examples/jax_gradients.py FOLDER
"""
import sys

import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)
units, samples, normal = [16] * 9 + [10], 32, np.random.default_rng(0).standard_normal


def exact(values):  # multiples of 2^-10 of 8 bits: all four types hold them, so that all see the identical network
    return jnp.asarray(np.round(values * 1024) / 1024, "bfloat16").astype("float64")


network = {}  # named as torch.nn.Sequential names it
for layer, (fan_in, fan_out) in enumerate(zip(units, units[1:])):
    network[f"{2 * layer}.weight"] = exact(normal((fan_out, fan_in)) / fan_in**0.5)
    network[f"{2 * layer}.bias"] = exact(normal(fan_out) / 10)
x, y = exact(normal((samples, units[0]))), jnp.arange(samples) % units[-1]


def loss(network, x):
    for layer in range(len(units) - 1):
        x = (jnp.tanh(x) if layer else x) @ network[f"{2 * layer}.weight"].T + network[f"{2 * layer}.bias"]
    return -jax.nn.log_softmax(x)[jnp.arange(samples), y].mean()


np.savez_compressed(f"{sys.argv[1]}/weights.npz", **network)
np.savez_compressed(f"{sys.argv[1]}/batch.npz", x=x, y=y)
for dtype in ["float64", "float32", "float16", "bfloat16"]:
    cast = jax.tree.map(lambda values: values.astype(dtype), (network, x))
    np.savez_compressed(f"{sys.argv[1]}/{dtype}.npz", **jax.jit(jax.grad(loss))(*cast))
