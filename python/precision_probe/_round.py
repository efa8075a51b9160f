"""Round arrays to a format."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ._arrays import as_double, regular
from ._program import flags, run, workplace


def round(array: npt.ArrayLike, precision: str | None = None, **options: Any) -> np.ndarray[Any, Any]:
    """Round every entry of an array once to a format.

    `precision` is a format with its options as in `--formats`: "e4m3fn", "bf16:round=up", "e4m3fn:saturate",
    "f16:ftz", "bf16:round=stochastic=8". `options` are those of `precision-probe round`: `operands="mxfp4"` and
    `along="columns"` quantise in blocks instead, `sum=True` gives the sum of each row, `random=N` the random integer.

    The result has the shape of `array`, except with `sum`. Its type is that of `array` if that is a floating-point type
    that holds every result, otherwise float64. Raises `Error` for what the program refuses.
    """
    values = regular("array", array)
    numbers = values if values.dtype.kind in "biu" else as_double("array", values)
    if numbers.ndim > 2:
        numbers = numbers.reshape(math.prod(numbers.shape[:-1]), numbers.shape[-1])
    with workplace() as folder:
        before, after = folder / "array.npy", folder / "result.npy"
        np.save(before, numbers)
        run(["round", f"--npy={before}", f"--out={after}", *flags({"formats": precision, **options})])
        result: np.ndarray[Any, Any] = np.load(after)
    result = result.reshape(values.shape[:-1] if options.get("sum") else values.shape)
    return narrowed(result, values.dtype) if "float" in values.dtype.name else result


def narrowed(result: np.ndarray[Any, Any], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """`result` in a smaller type if no number changes."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        narrow = result.astype(dtype)
        back = narrow.astype(np.float64)
    is_same = (back == result) & (np.signbit(back) == np.signbit(result)) | (np.isnan(back) & np.isnan(result))
    return narrow if is_same.all() else result
