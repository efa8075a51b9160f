"""A small network that every test may use, and what it takes to find the program."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

Arrays = dict[str, np.ndarray[Any, Any]]


@pytest.fixture(scope="session")
def network() -> Arrays:
    """Three layers named as by torch.nn.Sequential, float32."""
    normal, units = np.random.default_rng(0).standard_normal, [6, 8, 8, 3]
    arrays: Arrays = {}
    for layer, (fan_in, fan_out) in enumerate(itertools.pairwise(units)):
        arrays[f"{2 * layer}.weight"] = (normal((fan_out, fan_in)) * (2 / fan_in) ** 0.5).astype(np.float32)
        arrays[f"{2 * layer}.bias"] = (normal(fan_out) / 10).astype(np.float32)
    return arrays


@pytest.fixture(scope="session")
def batch() -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """x [16 × 6] and classes y [16]."""
    return np.random.default_rng(1).standard_normal((16, 6)).astype(np.float32), np.arange(16) % 3
