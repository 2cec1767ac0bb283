"""Writes golden.json: where PyTorch's optimizers go, in 64 bits, on linear regression over three rows.

    pip install torch && python3 crates/learn/tests/optimizers/golden.py

An element is [w0, w1, b] after the steps in STEPS, each on the mean squared error of all rows. Written by PyTorch 2.15.0.
"""

import json
import pathlib

import torch

X = [[1.0, -2.0], [0.5, 1.5], [-1.0, 0.25]]
Y = [1.0, -2.0, 0.5]
STEPS = (1, 2, 5, 20, 100)
RATE = 0.01

RULES = {
    "sgd": lambda p: torch.optim.SGD(p, RATE),
    "sgd, weight decay": lambda p: torch.optim.SGD(p, RATE, weight_decay=0.1),
    "momentum": lambda p: torch.optim.SGD(p, RATE, momentum=0.8),
    "nesterov": lambda p: torch.optim.SGD(p, RATE, momentum=0.8, nesterov=True),
    "adam": lambda p: torch.optim.Adam(p, RATE, betas=(0.85, 0.99), eps=1e-6),
    "adam, weight decay": lambda p: torch.optim.Adam(p, RATE, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, RATE, weight_decay=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, RATE, alpha=0.9, eps=1e-6),
    "adagrad": lambda p: torch.optim.Adagrad(p, RATE, eps=1e-8),
}


def path(rule):
    x, y = torch.tensor(X, dtype=torch.float64), torch.tensor(Y, dtype=torch.float64)
    w = torch.tensor([0.3, -0.2], dtype=torch.float64, requires_grad=True)
    b = torch.tensor(0.1, dtype=torch.float64, requires_grad=True)
    optimizer = rule([w, b])
    seen = []
    for step in range(1, max(STEPS) + 1):
        optimizer.zero_grad()
        ((x @ w + b - y) ** 2).mean().backward()
        optimizer.step()
        if step in STEPS:
            seen.append([*w.tolist(), b.item()])
    return seen


golden = {name: path(rule) for name, rule in RULES.items()}
lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(seen)}" for name, seen in golden.items())
pathlib.Path(__file__).with_name("golden.json").write_text(f"{{\n{lines}\n}}\n")
