"""Networks of PyTorch."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from ._probe import Probe, probe
from ._program import Error, needed

# The program's names of PyTorch's activations, with the parameters of a module.
ACTIVATIONS: dict[str, Callable[[Any], str]] = {
    "ReLU": lambda module: "relu",
    "LeakyReLU": lambda module: f"leaky:{module.negative_slope!r}",
    "PReLU": lambda module: "prelu",
    "RReLU": lambda module: f"rrelu:{module.lower!r}:{module.upper!r}",
    "ELU": lambda module: f"elu:{module.alpha!r}",
    "CELU": lambda module: f"celu:{module.alpha!r}",
    "SELU": lambda module: "selu",
    "ReLU6": lambda module: "relu6",
    "Hardtanh": lambda module: f"hardtanh:{module.min_val!r}:{module.max_val!r}",
    "Hardsigmoid": lambda module: "hardsigmoid",
    "Hardswish": lambda module: "hardswish",
    "Softshrink": lambda module: f"softshrink:{module.lambd!r}",
    "Hardshrink": lambda module: f"hardshrink:{module.lambd!r}",
    "Threshold": lambda module: f"threshold:{module.threshold!r}:{module.value!r}",
    "Tanh": lambda module: "tanh",
    "Tanhshrink": lambda module: "tanhshrink",
    "Sigmoid": lambda module: "sigmoid",
    "LogSigmoid": lambda module: "logsigmoid",
    "Softplus": lambda module: f"softplus:{module.beta!r}",
    "Softsign": lambda module: "softsign",
    "SiLU": lambda module: "silu",
    "Mish": lambda module: "mish",
    "GELU": lambda module: "gelu_tanh" if module.approximate == "tanh" else "gelu",
}
# Modules that change no number of a batch, dropout except in training.
NEUTRAL = ("Identity", "Flatten", "Dropout", "AlphaDropout", "FeatureAlphaDropout")
OUTSIDE = (
    "the module computes something outside of its submodules, such as torch.relu or a residual connection: use nn.ReLU "
    'and the like, or name the activation, as in pp.probe(module.state_dict(), x, y, activation="relu")'
)


class Call(NamedTuple):
    """One call of a submodule: its name, itself, and what it was given [batch × features]."""

    name: str
    module: Any
    given: Any

    def __str__(self) -> str:
        return f"`{self.name}` ({kind(self.module)})"


def from_torch(
    module: Any,
    x: Any,
    y: Any,
    loss: str | None = None,
    precisions: str | Sequence[str] = ("bf16:acc=f32",),
    **options: Any,
) -> Probe:
    """Measure a PyTorch module that is a multilayer perceptron: Linear layers, and activation modules between them.

    The module is called once with `x` [batch × features] to see its layers in order, and to check that they alone give
    its result. `y`, `loss`, `precisions` and `options` are those of `probe`. Layers keep their names, and bfloat16 and
    float16 all their bits. Raises `Error` also for modules that cannot be measured, such as Conv2d, LayerNorm, and
    Dropout in training.
    """
    calls = called(module, x)
    names = activations(calls)
    same = names[0] if len(set(names)) == 1 else names
    options.setdefault("layers_from", [call.name for call in calls if list(call.module.parameters())])
    return probe(dict(parameters(calls)), calls[0].given, y, same, loss, precisions, **options)


def called(module: Any, x: Any) -> list[Call]:
    """The layers and activations that give the module's result, in the order of their calls."""
    torch = needed("torch", "from_torch")
    leaves = {name or kind(leaf): leaf for name, leaf in module.named_modules() if not list(leaf.children())}
    for name, leaf in leaves.items():
        check(f"`{name}` ({kind(leaf)})", leaf)
    calls: list[Call] = []
    results: list[Any] = []

    def before(name: str) -> Callable[[Any, Any], None]:
        return lambda leaf, given: calls.append(Call(name, leaf, given[0].clone()))

    def after(leaf: Any, given: Any, result: Any) -> None:
        results.append(result.clone())

    with ExitStack() as stack, torch.no_grad():
        for name, leaf in leaves.items():
            stack.callback(leaf.register_forward_pre_hook(before(name)).remove)
            stack.callback(leaf.register_forward_hook(after).remove)
        final = module(x)
    for one, other in zip([x, *results], [*(call.given for call in calls), final]):
        if not is_same(one, other):
            raise Error(OUTSIDE)
    return [call for call in calls if kind(call.module) not in NEUTRAL]


def is_same(one: Any, other: Any) -> bool:
    """Whether two tensors have the same numbers; shapes may differ."""
    if not hasattr(other, "numel") or one.numel() != other.numel():
        return False
    one, other = one.flatten().double(), other.flatten().double()
    return bool(((one == other) | (one.isnan() & other.isnan())).all())


def check(shown: str, leaf: Any) -> None:
    """Refuse a submodule that the program cannot measure."""
    name = kind(leaf)
    if name not in ("Linear", *ACTIVATIONS, *NEUTRAL):
        raise Error(
            f"module {shown} cannot be measured: only Linear layers can, with one of these between them: {', '.join(ACTIVATIONS)}"
        )
    if leaf.training and (name == "RReLU" or getattr(leaf, "p", 0) > 0):
        raise Error(f"module {shown} is random in training: call eval() on the network first")
    if name == "PReLU" and leaf.num_parameters != 1:
        raise Error(f"module {shown} has {leaf.num_parameters} slopes: only one slope for all units can be measured")
    if name == "Softplus" and leaf.beta * leaf.threshold < 20:
        raise Error(f"module {shown} is linear beyond {leaf.threshold}: only the default threshold 20 can be measured")


def kind(module: Any) -> str:
    """The name of a module's class."""
    return type(module).__name__


def activations(calls: Sequence[Call]) -> list[str]:
    """The program's name of the activation of every hidden layer, `identity` where there is none."""
    names: list[str] = []
    between: list[Call] = []
    linear = [place for place, call in enumerate(calls) if kind(call.module) == "Linear"]
    if not linear or linear[0] != 0:
        raise Error("the network does not begin with a Linear layer: put one first")
    for place, following in itertools.pairwise(linear):
        between = list(calls[place + 1 : following])
        if len(between) > 1:
            raise Error(f"{between[1]} follows {between[0]}: only one activation can follow a layer")
        names += [ACTIVATIONS[kind(call.module)](call.module) for call in between] or ["identity"]
    if linear[-1] != len(calls) - 1:
        raise Error(f"{calls[-1]} follows the last Linear layer: leave it out, as the loss is of that layer's outputs")
    return names


def parameters(calls: Sequence[Call]) -> Iterator[tuple[str, Any]]:
    """Names and values of the parameters, in the order of the calls."""
    seen: set[str] = set()
    for call in calls:
        for name, value in call.module.named_parameters(recurse=False):
            if f"{call.name}.{name}" in seen:
                raise Error(f"{call} is used more than once: shared parameters cannot be measured")
            seen.add(f"{call.name}.{name}")
            yield f"{call.name}.{name}", value
