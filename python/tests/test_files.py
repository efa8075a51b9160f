"""What is written for the program, how it is called, and what its errors become."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import precision_probe as pp
import pytest
from precision_probe import _arrays, _program


def test_arrays_are_written_as_the_safetensors_package_reads_them(tmp_path: Path) -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    arrays = {
        "z": np.arange(12.0).reshape(3, 4).T,
        "big": np.arange(3, dtype=">f4"),
        "half": np.array([1.5, -np.inf], np.float16),
        "classes": np.array([0, 2, -1]),
        "bytes": np.array([255], np.uint8),
        "scalar": np.float64(2.5),
        "empty": np.zeros((0, 3), np.float32),
    }
    _arrays.save(arrays, tmp_path / "a.safetensors")
    read = numpy.load_file(tmp_path / "a.safetensors")
    assert set(read) == set(arrays)
    for name, array in arrays.items():
        assert read[name].dtype == np.asarray(array).dtype.newbyteorder("=") and np.array_equal(read[name], array), name


def test_small_floats_are_written_bit_by_bit(tmp_path: Path) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    codes = np.arange(256, dtype=np.uint8)
    arrays = {
        "BF16": np.arange(0, 65536, 7, dtype=np.uint16).view(ml_dtypes.bfloat16),
        "F8_E4M3": codes.view(ml_dtypes.float8_e4m3fn),
        "F8_E5M2": codes.view(ml_dtypes.float8_e5m2),
        "F64": np.array([0.5, -240], ml_dtypes.float8_e4m3fnuz),  # Has no name in safetensors.
    }
    for name, array in arrays.items():
        dtype, shape, data = _arrays.encoded(name, array)
        assert (dtype, shape) == (name, [array.size])
        assert data == (array.tobytes() if name != "F64" else np.array([0.5, -240]).tobytes())


def test_trees_are_named_by_their_paths() -> None:
    tree = {
        "params": {"Dense_0": {"kernel": 1, "bias": 2}},
        "more": [{"kernel": [[3]]}, [[4]]],
        "pair": (np.ones(2), 5),
    }
    assert list(_arrays.flat(tree)) == [
        ("params/Dense_0/kernel", 1),
        ("params/Dense_0/bias", 2),
        ("more/0/kernel", [[3]]),
        ("more/1", [[4]]),
        ("pair/0", tree["pair"][0]),
        ("pair/1", 5),
    ]


def test_options_become_flags() -> None:
    options = {
        "trials": 1,
        "bias": True,
        "residual": False,
        "gain": None,
        "truth_bits": 90,
        "formats": ["f16", "f32"],
        "seed": -1,
    }
    assert _program.flags(options) == ["--trials=1", "--bias", "--truth-bits=90", "--formats=f16,f32", "--seed=-1"]


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_program_is_looked_for_in_three_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named, own, other = (script(tmp_path / folder / "precision-probe", "") for folder in ("named", "scripts", "path"))
    monkeypatch.setenv("PRECISION_PROBE", str(named))
    monkeypatch.setattr(_program.sysconfig, "get_path", lambda name: str(own.parent) if name == "scripts" else "")
    monkeypatch.setenv("PATH", str(other.parent))
    assert _program.program() == str(named)
    monkeypatch.delenv("PRECISION_PROBE")
    assert _program.program() == str(own)
    own.unlink()
    assert _program.program() == str(other)
    other.unlink()
    with pytest.raises(pp.Error, match="is not installed: run `pip install precision-probe`, or set PRECISION_PROBE"):
        _program.program()
    monkeypatch.setenv("PRECISION_PROBE", str(other))
    with pytest.raises(pp.Error, match="PRECISION_PROBE=.* is not a program"):
        pp.probe(depth=2)


def test_errors_have_the_programs_sentence_and_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fails = 'import sys; sys.stderr.write("note: x\\nerror: give another\\n  --x\\n"); sys.exit(7)'
    monkeypatch.setenv("PRECISION_PROBE", str(script(tmp_path / "fails", fails)))
    with pytest.raises(pp.Error) as caught:
        pp.probe(depth=2)
    assert (str(caught.value), caught.value.status) == ("give another\n  --x", 7)
    monkeypatch.setenv("PRECISION_PROBE", str(script(tmp_path / "dies", "import os; os.kill(os.getpid(), 9)")))
    with pytest.raises(pp.Error, match="precision-probe stopped with exit status -9"):
        pp.probe(depth=2)
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF")
    broken.chmod(0o755)
    monkeypatch.setenv("PRECISION_PROBE", str(broken))
    with pytest.raises(pp.Error, match="broken cannot be started") as caught:
        pp.probe(depth=2)
    assert caught.value.status is None


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(pp.Error, match="to_pandas needs pandas: run `pip install pandas`"):
        _program.needed("pandas", "to_pandas")


@pytest.mark.parametrize(
    "weights, x, y, sentence",
    [
        (5, None, None, "give a dict of arrays, or the path of a file"),
        (None, np.ones((2, 2)), None, "x and y belong together"),
        ({"0.weight": np.ones((2, 2), complex)}, None, None, "`0.weight` has elements of type complex128"),
        ({"0.weight": np.array(["a"])}, None, None, "`0.weight` has elements of type <U1"),
        ({"0.weight": [[1.0, 2.0], [3.0]]}, None, None, "`0.weight`"),
        ("nothing.npz", None, None, "nothing.npz` cannot be read"),
    ],
)
def test_what_cannot_be_written_is_refused(weights, x, y, sentence: str) -> None:
    with pytest.raises(pp.Error, match=sentence):
        pp.probe(weights, x, y)


def test_messages_name_files_without_the_temporary_folder() -> None:
    with pytest.raises(pp.Error) as caught:
        pp.probe({"0.weight": np.ones((2, 2))}, np.ones((2, 2)), [0, 1])
    assert str(caught.value).startswith("`weights.safetensors`: ") and caught.value.status == 2


def test_a_header_says_where_everything_is(tmp_path: Path) -> None:
    _arrays.save({"a": np.ones(3), "b": np.ones((2, 2), np.float32)}, tmp_path / "a.safetensors")
    data = (tmp_path / "a.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])
    assert length % 8 == 0 and len(data) == 8 + length + 40
    assert header["b"] == {"dtype": "F32", "shape": [2, 2], "data_offsets": [24, 40]}
