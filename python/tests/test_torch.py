"""`from_torch` on real modules: what it reads off them, checked by auditing PyTorch's own gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import precision_probe as pp
import pytest
from precision_probe._torch import activations, called

torch = pytest.importorskip("torch", reason="no PyTorch is installed")
nn = torch.nn
QUICK = {"precisions": "bf16:acc=f32", "attribute": "none"}


def batch(dtype: Any = torch.float32) -> tuple[Any, Any]:
    torch.manual_seed(0)
    return torch.randn(12, 6).to(dtype), torch.arange(12) % 3


# The program rounds slopes to 11 bits, so these are of that many; torch.nn.Hardsigmoid has a constant in float32.
EXACT: list[Callable[[], Any]] = [
    nn.ReLU,
    lambda: nn.LeakyReLU(0.25),
    lambda: nn.PReLU(init=0.375),
    lambda: nn.RReLU(0.25, 0.5),
    lambda: nn.ELU(1.5),
    lambda: nn.CELU(0.5),
    nn.SELU,
    nn.ReLU6,
    lambda: nn.Hardtanh(-2, 0.5),
    nn.Hardswish,
    lambda: nn.Softshrink(0.25),
    lambda: nn.Hardshrink(0.25),
    lambda: nn.Threshold(0.125, -0.5),
    nn.Tanh,
    nn.Tanhshrink,
    nn.Sigmoid,
    nn.LogSigmoid,
    lambda: nn.Softplus(2),
    nn.Softsign,
    nn.SiLU,
    nn.Mish,
    nn.GELU,
    lambda: nn.GELU(approximate="tanh"),
]


@pytest.mark.parametrize("activation", EXACT, ids=lambda make: type(make()).__name__)
def test_activations_mean_what_they_do_in_pytorch(activation: Callable[[], Any]) -> None:
    x, y = batch(torch.float64)
    module = nn.Sequential(nn.Linear(6, 7), activation(), nn.Linear(7, 7), nn.Tanh(), nn.Linear(7, 3)).double().eval()
    nn.functional.cross_entropy(module(x), y).backward()
    gradients = {name: parameter.grad for name, parameter in module.named_parameters()}
    names = activations(called(module, x))
    pp.assert_gradients_explained(module.state_dict(), x, y, gradients, names, precision="f64", max_excess_bits=2)


class Named(nn.Module):
    """A module whose order is that of its forward pass, with one activation for several layers."""

    def __init__(self, forward: str = "plain") -> None:
        super().__init__()
        self.head, self.fc2, self.fc1 = nn.Linear(6, 3), nn.Linear(6, 6), nn.Linear(6, 6)
        self.act, self.path = nn.ReLU(inplace=True), forward

    def forward(self, x: Any) -> Any:
        h = self.act(self.fc1(x))
        if self.path == "shared":
            return self.head(self.act(self.fc1(h)))
        if self.path == "residual":
            return self.head(self.act(x + self.fc2(h)))
        if self.path == "functional":
            return self.head(torch.tanh(self.fc2(h)))
        return self.head(self.act(self.fc2(h)))


def test_layers_are_taken_in_the_order_of_their_calls() -> None:
    x, y = batch()
    rows = pp.from_torch(Named(), x, y, **QUICK).rows()
    assert [row["layer_name"] for row in rows] == ["fc1", "fc2", "head"]
    nested = nn.Sequential(
        nn.Flatten(), nn.Linear(6, 6), nn.Sequential(nn.PReLU(), nn.Linear(6, 6)), nn.Tanh(), nn.Linear(6, 3)
    )
    rows = pp.from_torch(nested, x.reshape(12, 2, 3), y, **QUICK).rows()
    assert [row["layer_name"] for row in rows] == ["1", "2.1", "4"]


def test_small_floats_keep_their_bits() -> None:
    for dtype in (torch.bfloat16, torch.float16):
        x, y = batch(dtype)
        module = nn.Sequential(nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 3))
        # The module itself cannot be called in float16 by every CPU build: rounded numbers in float32 are the same.
        result = pp.from_torch(module.to(dtype).float(), x.float(), y, **QUICK)
        assert pp.probe(module.to(dtype).state_dict(), x, y, "tanh", **QUICK).noise("bf16:acc=f32") == result.noise(
            "bf16:acc=f32"
        )


def linear(*between: Any) -> Any:
    return nn.Sequential(nn.Linear(6, 6), *between, nn.Linear(6, 3))


@pytest.mark.parametrize(
    "module, sentence",
    [
        (nn.Sequential(nn.Conv2d(1, 1, 1), nn.Linear(6, 3)), r"`0` \(Conv2d\) cannot be measured"),
        (linear(nn.LayerNorm(6)), r"`1` \(LayerNorm\) cannot be measured"),
        (linear(nn.ReLU(), nn.Dropout(0.5)), r"`2` \(Dropout\) is random in training: call eval\(\)"),
        (linear(nn.RReLU()), r"`1` \(RReLU\) is random in training"),
        (linear(nn.PReLU(6)), r"`1` \(PReLU\) has 6 slopes"),
        (linear(nn.Softplus(1, 5)), r"`1` \(Softplus\) is linear beyond 5"),
        (linear(nn.ReLU(), nn.Tanh()), r"`2` \(Tanh\) follows `1` \(ReLU\)"),
        (nn.Sequential(linear(nn.ReLU()), nn.Tanh()), r"`1` \(Tanh\) follows the last Linear layer"),
        (nn.Sequential(nn.ReLU(), linear(nn.ReLU())), "does not begin with a Linear layer"),
        (Named("shared"), r"`fc1` \(Linear\) is used more than once"),
        (Named("residual"), "outside of its submodules"),
        (Named("functional"), "outside of its submodules"),
        (nn.Linear(6, 3), "one layer"),
    ],
)
def test_what_the_program_cannot_measure_is_refused(module: Any, sentence: str) -> None:
    with pytest.raises(pp.Error, match=sentence):
        pp.from_torch(module, *batch())


def test_dropout_in_evaluation_is_left_out() -> None:
    module = linear(nn.ReLU(), nn.Dropout(0.5)).eval()
    assert pp.from_torch(module, *batch(), **QUICK).verdict("bf16:acc=f32") == "sound"
