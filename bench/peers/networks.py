"""The benchmark's networks in PyTorch, run eagerly: a training step with Adam, in 32 bits.

The models are those of bench/networks. Convolutions are also run with the channels last in memory, which is faster.
"""

import time

import torch
from torch import nn
from torch.nn import functional

BATCHES = 4
RATE = 1e-4


class Residual(nn.Module):
    def __init__(self, before, channels, stride):
        super().__init__()
        convolution = lambda c, size, s: nn.Conv2d(c, channels, size, s, size // 2, bias=False)
        self.first, self.norm = convolution(before, 3, stride), nn.BatchNorm2d(channels)
        self.second, self.second_norm = convolution(channels, 3, 1), nn.BatchNorm2d(channels)
        self.skip = nn.Sequential(convolution(before, 1, stride), nn.BatchNorm2d(channels)) if stride > 1 else None

    def forward(self, x):
        h = self.second_norm(self.second(functional.relu(self.norm(self.first(x)))))
        return functional.relu(h + (self.skip(x) if self.skip else x))


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm, self.head = nn.LSTM(64, 128, batch_first=True), nn.Linear(128, 10)

    def forward(self, x):
        return self.head(self.lstm(x)[0][:, -1])


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.wide = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = self.qkv(self.norms[0](x)).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        a = functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(a.transpose(1, 2).reshape(b, t, d))
        return x + self.wide(self.norms[1](x))


class Gpt(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.position = nn.Embedding(65, 128), nn.Parameter(torch.zeros(64, 128))
        self.blocks = nn.Sequential(*[Block(128, 4) for _ in range(4)])
        self.norm, self.head = nn.LayerNorm(128), nn.Linear(128, 65)

    def forward(self, x):
        return self.head(self.norm(self.blocks(self.embedding(x) + self.position)))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale, self.head = nn.Parameter(torch.ones(3, 4, 1, 64)), nn.Linear(64, 10)

    def forward(self, x):
        q, k, v = (x * self.scale).unbind(1)
        return self.head(functional.scaled_dot_product_attention(q, k, v, is_causal=True).mean((1, 2)))


def separable():
    depthwise, pointwise = nn.Conv2d(64, 64, 3, padding=1, groups=64), nn.Conv2d(64, 64, 1)
    return nn.Sequential(
        depthwise, nn.ReLU(), pointwise, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)
    )


def lenet():
    pool = lambda: (nn.ReLU(), nn.MaxPool2d(2))
    convolutions = [nn.Conv2d(1, 6, 5, padding=2), *pool(), nn.Conv2d(6, 16, 5), *pool(), nn.Flatten()]
    return nn.Sequential(*convolutions, nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def resnet8():
    stem = [nn.Conv2d(3, 16, 3, padding=1, bias=False), nn.BatchNorm2d(16), nn.ReLU()]
    blocks = [Residual(16, 16, 1), Residual(16, 32, 2), Residual(32, 64, 2)]
    return nn.Sequential(*stem, *blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


# name: (model, rows of a step, shape of an example, shape of an outcome, classes)
NETWORKS = {
    "lenet": (lenet, 64, (1, 28, 28), (), 10),
    "resnet8": (resnet8, 32, (3, 32, 32), (), 10),
    "lstm": (Lstm, 32, (32, 64), (), 10),
    "gpt": (Gpt, 12, (64,), (64,), 65),
    "attention": (Attention, 1, (3, 4, 512, 64), (), 10),
    "separable": (separable, 16, (64, 32, 32), (), 10),
}

started = {}


def start(name, channels_last):
    """What runs some steps of a network."""
    make, batch, shape, outcomes, classes = NETWORKS[name]
    model = make()
    y = torch.randint(classes, (BATCHES * batch, *outcomes))
    x = torch.randint(classes, (BATCHES * batch, *shape)) if outcomes else torch.randn(BATCHES * batch, *shape)
    if channels_last:
        model, x = model.to(memory_format=torch.channels_last), x.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=RATE)

    def epoch():
        order = torch.randperm(len(x))
        for rows in order.split(batch):
            logits = model(x[rows])
            loss = functional.cross_entropy(logits.reshape(-1, classes), y[rows].reshape(-1))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return epoch


def microseconds(name, threads):
    """The microseconds of a step now, by what is timed."""
    torch.set_num_threads(threads)
    ways = {"PyTorch": False}
    if name in ("lenet", "resnet8", "separable"):
        ways["PyTorch, channels last"] = True
    times = {}
    for way, channels_last in ways.items():
        key = (name, threads, channels_last)
        if key not in started:
            started[key] = start(name, channels_last)
            started[key]()
        begin = time.perf_counter()
        started[key]()
        times[way] = (time.perf_counter() - begin) / BATCHES * 1e6
    return times
