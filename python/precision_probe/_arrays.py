"""Write arrays as safetensors without losing a bit."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Union

import numpy as np

from ._program import Error, needed

Source = Union[str, "os.PathLike[str]", Mapping[str, Any]]

# NumPy's (and ml_dtypes') names of element types, and safetensors' names.
TYPES = {
    "float64": "F64",
    "float32": "F32",
    "float16": "F16",
    "bfloat16": "BF16",
    "float8_e4m3fn": "F8_E4M3",
    "float8_e5m2": "F8_E5M2",
    "bool": "BOOL",
    **{
        f"{sign}int{bits}": f"{sign.upper()}I{bits}".replace("UI", "U")
        for sign in ("", "u")
        for bits in (8, 16, 32, 64)
    },
}


def flat(tree: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Names and leaves of nested dicts and lists, in their order: `params/Dense_0/kernel`."""
    if not is_tree(tree):
        yield prefix, tree
        return
    for name, value in tree.items() if isinstance(tree, Mapping) else enumerate(tree):
        yield from flat(value, f"{prefix}/{name}" if prefix else str(name))


def is_tree(value: Any) -> bool:
    """Whether it holds arrays, and is not one, as a list of numbers is."""
    if isinstance(value, (list, tuple)):
        return any(is_tree(one) or getattr(one, "ndim", 0) > 0 for one in value)
    return isinstance(value, Mapping)


def file(source: Any, path: Path) -> str:
    """The path of a file that holds `source`: its own, or `path`, to which a tree of arrays is written."""
    if isinstance(source, (str, os.PathLike)):
        return os.fspath(source)
    if not is_tree(source):
        raise Error(
            f"{type(source).__name__} is not a set of named arrays: give a dict of arrays, or the path of a file"
        )
    save(dict(flat(source)), path)
    return str(path)


def save(arrays: Mapping[str, Any], path: Path) -> None:
    """Write named arrays of NumPy, ml_dtypes, JAX or PyTorch as one safetensors file, in their order."""
    header, blocks, end = {}, [], 0
    for name, array in arrays.items():
        dtype, shape, data = encoded(name, array)
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(data)]}
        blocks.append(data)
        end += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as out:
        out.write(len(text).to_bytes(8, "little"))
        out.write(text)
        out.writelines(blocks)


def encoded(name: str, array: Any) -> tuple[str, list[int], bytes]:
    """The element type, shape and little-endian bytes of an array."""
    if hasattr(array, "detach"):
        array, dtype = of_torch(array)
    else:
        array = regular(name, array)
        dtype = array.dtype.name
    if dtype not in TYPES:
        array, dtype = as_double(name, array), "float64"
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return TYPES[dtype], list(array.shape), little.tobytes()


def regular(name: str, array: Any) -> np.ndarray[Any, Any]:
    """Anything that NumPy takes for an array."""
    try:
        return np.asarray(array)
    except (TypeError, ValueError) as error:
        raise Error(f"array `{name}` is no array of NumPy: {error}") from error


def as_double(name: str, array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Numbers of a smaller type as float64, which holds them."""
    # ml_dtypes' types are of NumPy's kinds f and V.
    if array.dtype.kind in "fV" and array.dtype.itemsize <= 8 and array.dtype.names is None:
        with contextlib.suppress(TypeError, ValueError):
            return array.astype(np.float64)
    raise Error(f"array `{name}` has elements of type {array.dtype}, which cannot be read: convert it to float64")


def of_torch(tensor: Any) -> tuple[np.ndarray[Any, Any], str]:
    """A tensor's numbers, or their bits where NumPy has no such type, and the name of the type."""
    torch = needed("torch", "a tensor of PyTorch")
    tensor, dtype = tensor.detach().cpu().contiguous(), str(tensor.dtype).rpartition(".")[2]
    if dtype == "bfloat16":
        tensor = tensor.view(torch.int16)
    elif dtype.startswith("float8"):
        tensor = tensor.view(torch.uint8)
    return tensor.numpy(), dtype
