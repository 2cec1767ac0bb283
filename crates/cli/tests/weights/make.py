"""Writes the weights of three small networks of PyTorch, some inputs, and what the networks make of them.

Run with torch, numpy and safetensors installed; made with torch 2.15.
"""

import numpy
import torch
from safetensors.torch import save_file
from torch import nn


def write(name, module, inputs, forward):
    save_file({key: value.contiguous() for key, value in module.state_dict().items()}, f"{name}.safetensors")
    with torch.no_grad():
        outputs = torch.softmax(forward(inputs), dim=-1)
    # The outcomes are not used: training takes a step that is too short to move anything.
    outcomes = numpy.zeros(outputs.shape[:-1], dtype=numpy.int64)
    numpy.savez(f"{name}.npz", x=inputs.numpy(), y=outcomes, probabilities=outputs.numpy())


torch.manual_seed(1)

lenet = nn.ModuleDict(
    {"conv1": nn.Conv2d(1, 3, 5, padding=2), "conv2": nn.Conv2d(3, 5, 3), "fc1": nn.Linear(20, 12), "fc2": nn.Linear(12, 4)}
)


def of_lenet(x):
    x = nn.functional.max_pool2d(torch.relu(lenet["conv1"](x)), 2)
    x = nn.functional.max_pool2d(torch.relu(lenet["conv2"](x)), 2)
    return lenet["fc2"](torch.relu(lenet["fc1"](x.flatten(1))))


write("lenet", lenet, torch.randn(4, 1, 12, 12), of_lenet)

lstm = nn.ModuleDict({"rnn": nn.LSTM(3, 5, batch_first=True), "out": nn.Linear(5, 3)})
write("lstm", lstm, torch.randn(4, 7, 3), lambda x: lstm["out"](lstm["rnn"](x)[0][:, -1]))

SIZE, HEADS, STEPS, CHARACTERS = 8, 2, 6, 11


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(SIZE), nn.LayerNorm(SIZE)
        self.attention = nn.MultiheadAttention(SIZE, HEADS, bias=False, batch_first=True)
        self.up, self.down = nn.Linear(SIZE, 4 * SIZE), nn.Linear(4 * SIZE, SIZE)

    def forward(self, x):
        later = torch.ones(STEPS, STEPS, dtype=torch.bool).triu(1)
        normed = self.norm1(x)
        x = x + self.attention(normed, normed, normed, attn_mask=later, need_weights=False)[0]
        return x + self.down(nn.functional.gelu(self.up(self.norm2(x))))


gpt = nn.ModuleDict(
    {
        "tokens": nn.Embedding(CHARACTERS, SIZE),
        "places": nn.Embedding(STEPS, SIZE),
        "block0": Block(),
        "block1": Block(),
        "norm": nn.LayerNorm(SIZE),
        "head": nn.Linear(SIZE, CHARACTERS, bias=False),
    }
)


def of_gpt(x):
    x = gpt["tokens"](x) + gpt["places"].weight
    return gpt["head"](gpt["norm"](gpt["block1"](gpt["block0"](x))))


for block in (gpt["block0"], gpt["block1"]):  # other values than those that they start with
    for norm in (block.norm1, block.norm2):
        nn.init.normal_(norm.weight, 1, 0.3)
        nn.init.normal_(norm.bias, 0, 0.3)
write("gpt", gpt, torch.randint(0, CHARACTERS, (4, STEPS)), of_gpt)
