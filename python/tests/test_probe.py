"""`probe` and its result, against the program's own output."""

from __future__ import annotations

import csv
import gc
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import precision_probe as pp
import pytest
from precision_probe._program import program

PRECISIONS = ["bf16:acc=f32", "e5m2:acc=f32"]


@pytest.fixture(scope="module")
def result(network: Any, batch: Any) -> pp.Probe:
    return pp.probe(network, *batch, precisions=PRECISIONS)


def test_it_is_what_the_command_measures(result: pp.Probe, network: Any, batch: Any, tmp_path: Path) -> None:
    np.savez(tmp_path / "net.npz", **network)
    np.savez(tmp_path / "batch.npz", x=batch[0], y=batch[1])
    command = f"--weights net.npz --data batch.npz --act relu --formats {','.join(PRECISIONS)} --json"
    done = subprocess.run([program(), *command.split()], cwd=tmp_path, capture_output=True, check=True)
    (run,) = json.loads(done.stdout)["runs"]
    for measured in run["arithmetics"]:
        for site in measured["sites"]:
            assert result.verdict(measured["name"], site["site"]) == site["verdict"]["verdict"]
            assert result.noise(measured["name"], site["site"]) == site["gradient"]["median"]
    from_files = pp.probe(str(tmp_path / "net.npz"), tmp_path / "batch.npz", precisions=PRECISIONS)
    assert from_files.noise(PRECISIONS[1]) == result.noise(PRECISIONS[1]) > result.noise(PRECISIONS[0]) > 0


def test_verdict_cause_and_remedy_are_those_of_the_screen(result: pp.Probe) -> None:
    (judged,) = (judged for judged in result.summary["runs"][0]["arithmetics"] if judged["name"] == "e5m2:acc=f32")
    cause = judged["cause"]
    assert result.cause("e5m2:acc=f32") == (cause["source"] if cause["cause"] == "source" else cause["cause"])
    assert result.verdict("e5m2:acc=f32") == "noisy" and result.verdict("bf16:acc=f32") == "sound"
    assert result.cause("bf16:acc=f32") is None and result.remedy("bf16:acc=f32") is None


def test_the_remedy_helps() -> None:
    network = {"activation": "tanh", "depth": 10, "width": 16, "gain": 0.3, "trials": 2}
    small = pp.probe(precisions=["f16", "e5m2:acc=f32"], **network)
    assert (small.cause("f16"), small.verdict("f16")) == ("range", "chaotic")
    precision, _, scale = (small.remedy("f16") or "").partition(" with loss scale 2^")
    assert precision == "f16" and f"loss scale 2^{scale}" in repr(small)
    scaled = pp.probe(precisions=precision, loss_scale=2 ** int(scale), attribute="none", **network)
    assert scaled.verdict("f16") == "sound" and scaled.noise("f16") < small.noise("f16") / 10
    deep = pp.probe(depth=8, width=16, trials=3, precisions="e5m2:acc=f32")
    remedy = deep.remedy("e5m2:acc=f32")
    assert remedy is not None and "loss scale" not in remedy
    cured = pp.probe(depth=8, width=16, trials=3, precisions=[remedy], attribute="none")
    assert cured.noise(remedy) < deep.noise("e5m2:acc=f32")


def test_tables_are_tidy_and_concatenate(result: pp.Probe) -> None:
    pandas = pytest.importorskip("pandas")
    summary = result.to_pandas()
    assert len(summary) == 2 * 3 and list(summary["layer"]) == [1, 2, 3] * 2
    trials = result.to_pandas("trials")
    assert set(trials["trial"]) == {1} and {"weight", "bias"} <= set(trials["tensor"])
    assert {"forward", "backward"} <= set(result.to_pandas("sources")["source"])
    assert len(result.to_pandas("remedies")) > 0
    other = pp.probe(activation="tanh", depth=2, width=8, trials=2, attribute="none")
    both = pandas.concat([summary, other.to_pandas()])
    assert both.groupby("spec_hash").size().tolist() in ([6, 3], [3, 6]) and not both.columns.duplicated().any()
    with pytest.raises(pp.Error, match="unknown table `layers`"):
        result.to_pandas("layers")


def test_figures_show_the_noise_of_every_precision(result: pp.Probe, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    figure = result.plot("layers")
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    for name in PRECISIONS:
        assert list(lines[name].get_xdata()) == [1, 2, 3]
        assert list(lines[name].get_ydata()) == [result.noise(name, layer) for layer in (1, 2, 3)]
    figure.savefig(tmp_path / "layers.png")
    result.plot("noise").savefig(tmp_path / "noise.png")
    with pytest.raises(pp.Error, match="there is no picture `nose`: there are layers, .*noise"):
        result.plot("nose")


def test_it_shows_itself_as_the_program_does(result: pp.Probe) -> None:
    screen = subprocess.run([program(), "report", result.folder], capture_output=True, text=True, check=True).stdout
    assert repr(result) == screen.rstrip() and "e5m2:acc=f32  0." in screen
    html = result._repr_html_()
    assert (
        html.count("<tr>") == 3
        and "<td>noisy</td>" in html
        and "the gradient of layer 1 is" in html
        and len(html) < 5_000
    )


def test_several_activations_are_told_apart() -> None:
    compared = pp.probe(activation=["relu", "tanh"], depth=2, width=8, trials=1, attribute="none")
    assert compared.noise("bf16:acc=f32", activation="relu") != compared.noise("bf16:acc=f32", activation="tanh")
    with pytest.raises(pp.Error, match="several activations were measured: name one, such as activation='relu'"):
        compared.verdict("bf16:acc=f32")
    pytest.importorskip("matplotlib")
    labels = [line.get_label() for line in compared.plot("layers").axes[0].get_lines()]
    assert labels[:2] == ["bf16:acc=f32, relu", "bf16:acc=f32, tanh"]
    assert len(compared.plot("noise").axes) == 2


def test_each_layer_can_have_its_own_activation(network: Any, batch: Any) -> None:
    both = pp.probe(network, *batch, activation=["relu", "tanh"], attribute="none")
    assert "relu, tanh" in repr(both)
    with pytest.raises(pp.Error, match="2 hidden layers"):
        pp.probe(network, *batch, activation=["relu", "tanh", "tanh"])


def test_other_gradients_are_compared(network: Any, batch: Any) -> None:
    zeros = {name: np.zeros_like(array) for name, array in network.items()}
    compared = pp.probe(network, *batch, compare={"zeros": zeros}, attribute="none")
    assert compared.verdict("zeros") == "underflow"


def test_reports_are_kept_only_where_they_are_asked_for(
    network: Any, batch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    temporary = pp.probe(network, *batch, attribute="none")
    kept = pp.probe(network, *batch, attribute="none", out="kept")
    monkeypatch.chdir("/")
    folder = temporary.folder
    assert folder.is_dir() and kept.folder == tmp_path / "kept" and kept.verdict("bf16:acc=f32") == "sound"
    del temporary, kept
    gc.collect()
    assert not folder.parent.exists()
    with (tmp_path / "kept" / "summary.csv").open(encoding="utf-8", newline="") as lines:
        assert len(list(csv.DictReader(lines))) == 3


def test_what_was_not_measured_is_named(result: pp.Probe) -> None:
    with pytest.raises(
        pp.Error, match="`f16` was not measured: there are bf16:acc=f32 with relu, e5m2:acc=f32 with relu"
    ):
        result.verdict("f16")
    with pytest.raises(pp.Error, match="there is no layer 4: layers are numbered from 1 to 3"):
        result.noise("bf16:acc=f32", 4)
    with pytest.raises(pp.Error, match="there is no layer 0"):
        result.cause("bf16:acc=f32", 0)


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"trails": 1}, "--trails: .* did you mean --trials"),
        ({"precisions": "bf17"}, "did you mean `bf16`"),
        ({"activation": "rleu"}, "did you mean `relu`"),
        ({"depth": 0}, "--depth"),
    ],
)
def test_the_programs_suggestions_reach_the_caller(options: Any, sentence: str) -> None:
    with pytest.raises(pp.Error, match=sentence) as caught:
        pp.probe(**options)
    assert caught.value.status == 2


def test_pytrees_of_jax() -> None:
    jax = pytest.importorskip("jax")
    keys = jax.random.split(jax.random.key(0), 3)
    kernels = [jax.random.normal(keys[0], (4, 4), "bfloat16"), jax.random.normal(keys[1], (4, 3), "bfloat16")]
    params = {"params": {f"Dense_{place}": {"kernel": kernel} for place, kernel in enumerate(kernels)}}
    x, y = jax.random.normal(keys[2], (8, 4)), jax.numpy.arange(8) % 3
    found = pp.from_jax(params, x, y, "tanh", attribute="none")
    # A kernel is transposed, although it is square.
    turned = {f"{place}.weight": np.asarray(kernel, np.float32).T for place, kernel in enumerate(kernels)}
    assert found.noise("bf16:acc=f32") == pp.probe(turned, x, y, "tanh", attribute="none").noise("bf16:acc=f32")
    with pytest.raises(pp.Error, match="which of its arrays are weights"):
        pp.from_jax([(kernel, jax.numpy.zeros(3)) for kernel in kernels], x, y)
