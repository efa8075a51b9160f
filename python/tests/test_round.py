"""`round` against NumPy's and ml_dtypes' casts, which others wrote."""

from __future__ import annotations

import numpy as np
import precision_probe as pp
import pytest


def doubles(count: int) -> np.ndarray:
    """Float32 numbers of every magnitude that 8-bit and 16-bit formats round, overflow or lose; with specials."""
    random = np.random.default_rng(2)
    numbers = random.standard_normal(count) * 2.0 ** random.integers(-40, 20, count)
    numbers[:5] = [0.0, -0.0, np.inf, -np.inf, np.nan]
    return numbers.astype(np.float32).astype(np.float64)


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Equal numbers with equal signs of zero; NaN equals NaN."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    is_nan = np.isnan(one)
    return bool(
        np.all(is_nan == np.isnan(other)) and np.array_equal(one[~is_nan].view("u8"), other[~is_nan].view("u8"))
    )


@pytest.mark.parametrize(
    "precision, dtype",
    [("bf16", "bfloat16"), ("e5m2", "float8_e5m2"), ("e4m3fn", "float8_e4m3fn"), ("e2m1fn", "float4_e2m1fn")],
)
def test_formats_of_ml_dtypes(precision: str, dtype: str) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    numbers = doubles(20_000)
    if dtype == "float4_e2m1fn":  # It has no NaN.
        numbers = numbers[~np.isnan(numbers)]
    assert same(pp.round(numbers, precision), numbers.astype(np.float32).astype(getattr(ml_dtypes, dtype)))


def test_a_million_numbers_to_half_precision() -> None:
    numbers = doubles(1_000_000)
    with np.errstate(over="ignore"):
        assert same(pp.round(numbers, "f16"), numbers.astype(np.float16))


def test_directions_enclose_and_stochastic_rounding_takes_a_neighbour() -> None:
    numbers = doubles(5_000)[5:]
    down, up = pp.round(numbers, "bf16:round=down"), pp.round(numbers, "bf16:round=up")
    assert np.all(down <= numbers) and np.all(numbers <= up) and np.any(down < up)
    drawn = pp.round(numbers, "bf16:round=stochastic")
    assert np.all((drawn == down) | (drawn == up))
    assert np.any(drawn != pp.round(numbers, "bf16"))


def test_saturation_flushing_and_sums() -> None:
    assert pp.round([1e9, -np.inf], "e4m3fn:saturate").tolist() == [448, -448]
    assert pp.round([2.0**-24, 2.0**-14], "f16:ftz").tolist() == [0, 2.0**-14]
    # 2049 is no number of f16, and 2048 + 1 rounds to even.
    assert pp.round([[2048, 1, 1], [1, 1, 2048]], "f16", sum=True).tolist() == [2048, 2050]


def test_blocks_lie_along_the_axis_that_is_asked_for() -> None:
    array = np.ones((32, 64))
    array[0, 0] = 2.0**10  # Its block of 32 has a large scale, in which 1 is lost.
    along_rows = pp.round(array, operands="mxfp4")
    along_columns = pp.round(array, operands="mxfp4", along="columns")
    assert along_rows[0].tolist() == [1024] + [0] * 31 + [1] * 32 and np.all(along_rows[1:] == 1)
    assert along_columns[:, 0].tolist() == [1024] + [0] * 31 and np.all(along_columns[:, 1:] == 1)


def test_shape_is_kept_and_type_where_it_is_exact() -> None:
    for shape in [(), (0,), (3,), (2, 3), (2, 3, 4), (2, 0, 3)]:
        array = np.full(shape, 1.1, np.float32)
        rounded = pp.round(array, "e4m3fn")
        assert rounded.shape == shape and rounded.dtype == np.float32 and np.all(rounded == 1.125)
    assert pp.round(np.array([1.0], np.float16), "bf16").dtype == np.float16
    assert pp.round(np.array([2.0**-24 * 513], np.float16), "bf16:round=up").dtype == np.float16
    assert pp.round(np.array([0.1], np.float32), "f64").dtype == np.float32
    assert pp.round(np.array([3]), "f16").dtype == np.float64
    # f16 does not hold the result, 2^16.
    wide = pp.round(np.array([65504], np.float16), "bf16")
    assert wide.dtype == np.float64 and wide[0] == 65536


def test_arrays_of_ml_dtypes() -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    array = np.array([[1.3, -2.7]], ml_dtypes.bfloat16)
    rounded = pp.round(array, "e4m3fn")
    assert rounded.dtype == array.dtype and rounded.astype(float).tolist() == [[1.25, -2.75]]
    assert pp.round(np.array([0.5, -6], ml_dtypes.float4_e2m1fn), "f16").astype(float).tolist() == [0.5, -6]


@pytest.mark.parametrize(
    "array, precision, sentence",
    [
        ([1.0], "bf17", "did you mean `bf16`?"),
        ([1.0], "f16,bf16", "one"),
        ([1j], "f16", "convert it to float64"),
        (["a"], "f16", "<U1"),
    ],
)
def test_what_cannot_be_rounded_is_refused(array: list, precision: str, sentence: str) -> None:
    with pytest.raises(pp.Error, match="(?s).*" + sentence.replace("?", r"\?")):
        pp.round(array, precision)
