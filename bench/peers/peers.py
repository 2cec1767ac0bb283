"""Trains the benchmark's workloads with PyTorch, JAX and scikit-learn.

Reads the name of a workload from each line of standard input, and answers with a line of JSON: for each peer that is
installed and has the workload, the median microseconds of a step. A line with the name of a network and a number of
threads is answered with those that a step takes now. Ends with the input.
"""

import json
import statistics
import sys
import time

THREADS = 2
ROWS = 100
BATCHES = 4
RATE = 1e-4
SECONDS = 1.5

# name: (sizes of the layers, rows of a step or None for one example, 64 bits, Adam, lambda of a penalty on the weights)
WORKLOADS = {
    "linear": ([400, 1], None, True, False, 0.0),
    "ridge": ([400, 1], None, True, False, 1e-3),
    "mlp-1": ([1, 10, 1], None, True, False, 0.0),
    "mlp-400": ([400, 10, 1], None, True, False, 0.0),
    "mlp-batch": ([20, 64, 64, 1], 32, False, True, 0.0),
    "classifier-sgd": ([784, 256, 10], 128, False, False, 0.0),
    "classifier-adam": ([784, 256, 10], 128, False, True, 0.0),
    "wide": ([784, 2048, 2048, 10], 256, False, False, 0.0),
}


def median_microseconds(epoch, steps):
    """The median over calls of `epoch`, each of so many steps, after three that do not count."""
    for _ in range(3):
        epoch()
    times = []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        epoch()
        times.append((time.perf_counter() - start) / steps)
    return statistics.median(times) * 1e6


def data(numpy, sizes, batch, wide):
    random = numpy.random.default_rng(1)
    rows = ROWS if batch is None else BATCHES * batch
    kind = numpy.float64 if wide else numpy.float32
    x = random.normal(size=(rows, sizes[0])).astype(kind)
    y = random.integers(0, sizes[-1], size=rows) if sizes[-1] > 1 else random.normal(size=rows).astype(kind)
    return x, y


def pytorch(sizes, batch, wide, adam, penalty):
    import numpy
    import torch

    torch.set_num_threads(THREADS)
    x, y = (torch.from_numpy(a) for a in data(numpy, sizes, batch, wide))
    layers = []
    for i, (d, m) in enumerate(zip(sizes, sizes[1:])):
        layers += [torch.nn.Tanh()] if i else []
        layers.append(torch.nn.Linear(d, m, dtype=x.dtype))
    model = torch.nn.Sequential(*layers)
    rule = torch.optim.Adam if adam else torch.optim.SGD
    optimizer = rule(model.parameters(), lr=RATE)
    size = batch or 1
    steps = len(x) // size

    def epoch():
        order = torch.randperm(len(x))
        for step in range(steps):
            rows = order[step * size : (step + 1) * size]
            out = model(x[rows])
            if sizes[-1] > 1:
                loss = torch.nn.functional.cross_entropy(out, y[rows])
            else:
                loss = ((out[:, 0] - y[rows]) ** 2).mean()
            if penalty:
                loss = loss + penalty * (layers[0].weight ** 2).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    return median_microseconds(epoch, steps)


def jax_scan(sizes, batch, wide, adam, penalty):
    import jax
    import jax.numpy as jnp
    import numpy

    jax.config.update("jax_enable_x64", wide)
    x, y = (jnp.asarray(a) for a in data(numpy, sizes, batch, wide))
    random = numpy.random.default_rng(2)
    shapes = [((m, d), (m,)) for d, m in zip(sizes, sizes[1:])]
    parameters = [tuple(jnp.asarray(random.normal(size=s) * 0.1, x.dtype) for s in pair) for pair in shapes]

    def objective(parameters, x, y):
        h = x
        for i, (w, b) in enumerate(parameters):
            h = (jnp.tanh(h) if i else h) @ w.T + b
        if sizes[-1] > 1:
            loss = -jnp.take_along_axis(jax.nn.log_softmax(h), y[:, None], 1).mean()
        else:
            loss = ((h[..., 0] - y) ** 2).mean()
        return loss + penalty * (parameters[0][0] ** 2).sum() if penalty else loss

    def step(state, rows):
        parameters, first, second, count = state
        at = (x[rows], y[rows])
        loss, gradients = jax.value_and_grad(objective)(parameters, *at)
        tree = jax.tree_util.tree_map
        if not adam:
            return (tree(lambda p, g: p - RATE * g, parameters, gradients), first, second, count), loss
        count = count + 1
        first = tree(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
        second = tree(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
        moved = lambda p, m, v: p - RATE * (m / (1 - 0.9**count)) / (jnp.sqrt(v / (1 - 0.999**count)) + 1e-8)
        return (tree(moved, parameters, first, second), first, second, count), loss

    size = batch or 1
    steps = len(x) // size
    # One example a step has no batch axis.
    shape = (steps,) if batch is None else (steps, size)
    scan = jax.jit(lambda state, order: jax.lax.scan(step, state, order), donate_argnums=0)
    zeros = lambda: jax.tree_util.tree_map(jnp.zeros_like, parameters)
    held = [(parameters, zeros(), zeros(), jnp.zeros((), x.dtype))]

    def epoch():
        order = jnp.asarray(numpy.random.permutation(len(x))[: steps * size].reshape(shape))
        state, losses = scan(held[0], order)
        losses.block_until_ready()
        held[0] = state

    return median_microseconds(epoch, steps)


def scikit_learn(sizes, batch, wide, adam, penalty):
    if len(sizes) > 2 or batch is not None:
        return None
    import numpy
    from sklearn.linear_model import SGDRegressor

    x, y = data(numpy, sizes, batch, wide)
    kind = {"penalty": "l2", "alpha": 2 * penalty} if penalty else {"penalty": None}
    model = SGDRegressor(loss="squared_error", learning_rate="constant", eta0=RATE, **kind)
    return median_microseconds(lambda: model.partial_fit(x, y), len(x))


def main():
    peers = {"PyTorch": pytorch, "JAX": jax_scan, "scikit-learn": scikit_learn}
    for line in sys.stdin:
        answer = {}
        match line.split():
            case [network, threads]:
                import networks

                print(json.dumps(networks.microseconds(network, int(threads))), flush=True)
                continue
        for name, peer in peers.items():
            try:
                answer[name] = peer(*WORKLOADS[line.strip()])
            except ImportError as error:
                print(f"{name}: {error}", file=sys.stderr)
        print(json.dumps({name: time for name, time in answer.items() if time is not None}), flush=True)


if __name__ == "__main__":
    main()
