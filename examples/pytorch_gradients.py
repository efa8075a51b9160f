"""Writes a network, a batch and their gradients into FOLDER, for `precision-probe audit`.

    pip install torch safetensors && python examples/pytorch_gradients.py FOLDER
"""
import sys

import torch
from safetensors.torch import save_file
from torch import nn

torch.manual_seed(0)
dtype = torch.bfloat16  # the parameters that are saved are those that the gradients are of
layers = [layer for _ in range(8) for layer in (nn.Linear(16, 16), nn.Tanh())]
model = nn.Sequential(*layers, nn.Linear(16, 10)).to(dtype)
x, y = torch.randn(32, 16).to(dtype), torch.arange(32) % 10
nn.functional.cross_entropy(model(x), y).backward()
save_file(model.state_dict(), f"{sys.argv[1]}/weights.safetensors")
save_file({"x": x, "y": y}, f"{sys.argv[1]}/batch.safetensors")
save_file({name: p.grad.contiguous() for name, p in model.named_parameters()}, f"{sys.argv[1]}/grads.safetensors")
