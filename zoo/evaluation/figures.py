"""Pictures that answer at a glance: grids of images, densities in the plane, codes over the prior, curves; as PNG bytes."""

import functools
import io

import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from scipy import stats

from zoo import noise
from zoo.evaluation import chains, draws, samples
from zoo.evaluation.pictures import READABLE_SIDE, grid
from zoo.evaluation.results import ERRORS, Unavailable
from zoo.models import conditional

COLUMNS = 8  # of most grids
SHOWN = 64  # images of a grid
PAIRS = 16  # images over what is made of them
STEPS = 10  # of an interpolation or traversal
POINTS = 1000  # of a scatter plot
SIDE = 60  # of a heat map
ROUNDS = (1, 10, 100)  # of the limiting chain


def png(figure):
    """A matplotlib figure as PNG bytes."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=90, bbox_inches="tight")
    return buffer.getvalue()


def png_of_grid(images, columns=None, side=READABLE_SIDE, smooth=False):
    """Images [n, height, width, channels] in [0, 1], side by side, as PNG bytes; see zoo/evaluation/pictures.py."""
    pixels, buffer = grid(images, columns, side, smooth), io.BytesIO()
    Image.fromarray(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def pictures(model, data, seed=0, side=READABLE_SIDE, smooth=False):
    """{caption: PNG bytes} of every picture that this model and data can have.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      seed: of the draws.
      side, smooth: how images are enlarged (zoo/evaluation/pictures.py).
    """
    tiled = functools.partial(png_of_grid, side=side, smooth=smooth)
    is_image = len(data.event_shape) == 3 and data.event_shape[-1] in (1, 3)
    if is_image and conditional.classes(model):
        by_class = lambda: tiled(samples.to_unit(data, of_classes(model, seed)), COLUMNS)  # noqa: E731
        made = {"Samples, a class in each row": by_class}
    elif is_image:
        made = _of_images(model, data, seed, tiled)
    elif samples.is_planar(data):
        made = _of_plane(model, data, seed)
    else:
        made = {}
    found = {}
    for caption, picture in (made | {"Codes Q(z) over codes P(z)": lambda: codes(model, data, seed)}).items():
        try:
            found[caption] = picture()
        except ERRORS:
            continue  # the model lacks what the picture shows, and the table says so
    return found


def _of_images(model, data, seed, tiled):
    def shown(x):
        return samples.to_unit(data, x)

    def examples():
        return draws.examples(data, PAIRS, seed)[0]

    def over(first, second):
        rows = [part[i : i + COLUMNS] for i in range(0, PAIRS, COLUMNS) for part in (first, second)]
        return tiled(shown(np.concatenate(rows)), COLUMNS)

    def chain():
        _need_encoder(model)
        x = draws.examples(data, 8, seed)[0]
        rows = [x, *(chains.chain(model, x, number, noise.seed_for(0, seed, "chain"), False)["x"] for number in ROUNDS)]
        return tiled(shown(np.concatenate(rows)), COLUMNS)

    def neighbours():
        drawn = draws.generated(model, 8, seed)
        return tiled(shown(np.concatenate([drawn, nearest(data, drawn, seed)])), COLUMNS)

    return {
        "Samples": lambda: tiled(shown(draws.generated(model, SHOWN, seed)), COLUMNS),
        "Data, each row over its reconstructions": lambda: over(examples(), _reconstructed(model, examples())),
        "Interpolations between codes of test examples": lambda: tiled(shown(interpolated(model, data, seed)), STEPS),
        "Traversals: one dimension of z in each row, from -3 to 3": lambda: tiled(shown(traversed(model)), STEPS),
        "Samples over their nearest training examples": neighbours,
        f"The chain x -> z -> x after {', '.join(map(str, (0, *ROUNDS)))} rounds, one a row": chain,
        "Receptive fields: the weights of each hidden unit, 0 is grey": lambda: tiled(receptive_fields(model), COLUMNS),
    }


def of_classes(model, seed, columns=8):
    """Means of P(x|z, y), so many of each class one after the other."""
    classes = conditional.classes(model)
    drawn = draws.generated(model, classes * columns, seed)
    return drawn[np.argsort(draws.labels_of_samples(model, len(drawn)), kind="stable")]


def _need_encoder(model):
    if not model.has_posterior:
        raise Unavailable("the model has no encoder")


def _need_real_codes(model):
    if model.code_support != "real":
        raise Unavailable("codes of 0 and 1 have no place in between to be shown")


def _reconstructed(model, x):
    _need_encoder(model)
    return draws.in_blocks(lambda rows, positions: model.reconstruct(rows), x)


def nearest(data, x, seed, count=5000):
    """The training example nearest to each x, of up to 5,000."""
    train, _ = draws.examples(data, count, seed, split="train")
    flat = draws.flat(x)
    # One at a time: all differences at once are 4 GB of images of 64x64x3.
    distance = np.array([np.linalg.norm(flat - example.ravel(), axis=-1) for example in train])
    return train[distance.argmin(0)]


def _generated_at(model, z):
    return draws.in_blocks(lambda rows, positions: model.generate(rows), z.astype(np.float32))


def interpolated(model, data, seed, rows=4):
    """Means of P(x|z) on the straight lines between codes of pairs of test examples."""
    ends = draws.flat(draws.encoded(model, draws.examples(data, 2 * rows, seed)[0], seed)["sample"])
    weight = np.linspace(0, 1, STEPS)[:, np.newaxis]
    lines = [(1 - weight) * first + weight * second for first, second in zip(ends[::2], ends[1::2], strict=True)]
    return _generated_at(model, np.concatenate(lines))


def traversed(model, rows=8):
    """Means of P(x|z) where all of z is 0 but one dimension."""
    _need_real_codes(model)
    size = model.latent_size
    z = np.zeros([min(rows, size), STEPS, size])
    for dimension in range(len(z)):
        z[dimension, :, dimension] = np.linspace(-3, 3, STEPS)
    return _generated_at(model, z.reshape(-1, size))


def receptive_fields(model):
    """The weights of the first 64 hidden units of a Boltzmann machine, each over its largest: 0 is 0.5."""
    if model.energy is None:
        raise Unavailable("the model has no hidden units")
    fields = np.asarray(model.energy.machine.receptive_fields()[:SHOWN])
    largest = np.abs(fields).max(axis=tuple(range(1, fields.ndim)), keepdims=True)
    return 0.5 + 0.5 * fields / np.maximum(largest, np.finfo(fields.dtype).tiny)


def _of_plane(model, data, seed):
    return {"Data and samples": lambda: plane(model, data, seed)} | (
        {"Critic: what stands in for log Q(x)": lambda: heat_map(model, data, seed)} if model.has("log_q_x") else {}
    )


def _points(axes, title, points, color):
    axes.plot(points[:, 0], points[:, 1], ".", markersize=2, color=color)
    axes.set_title(title)
    axes.set_aspect("equal")


def plane(model, data, seed):
    """Data beside samples, with a kernel estimate of the samples' density."""
    real = draws.flat(draws.examples(data, POINTS, seed)[0])
    drawn = draws.flat(draws.generated(model, POINTS, seed, observation_noise=True))
    figure = Figure(figsize=(12, 4))
    axes = figure.subplots(1, 3, sharex=True, sharey=True)
    _points(axes[0], "data", real, "tab:blue")
    _points(axes[1], "samples", drawn, "tab:orange")
    x, y, grid_points = _grid_around(real)
    density = stats.gaussian_kde(drawn.T, 0.1)(grid_points.T).reshape(SIDE, SIDE)
    axes[2].pcolormesh(x, y, density)
    axes[2].set_title("density of samples")
    return png(figure)


def png_of_points(points):
    """The first two values of points [n, d >= 1], as PNG bytes."""
    figure = Figure(figsize=(5, 5))
    axes = figure.subplots()
    axes.plot(points[:, 0], points[:, min(1, points.shape[1] - 1)], ".")
    return png(figure)


def _grid_around(points):
    low, high = points.min(0) - 0.5, points.max(0) + 0.5
    x, y = (np.linspace(a, b, SIDE) for a, b in zip(low, high, strict=True))
    return x, y, np.stack(np.meshgrid(x, y), -1).reshape(-1, 2).astype(np.float32)


def heat_map(model, data, seed):
    """The critic over the plane."""
    x, y, points = _grid_around(draws.flat(draws.examples(data, POINTS, seed)[0]))
    value = draws.in_blocks(lambda rows, positions: model.log_densities(rows, None).log_q_x, points)
    figure = Figure(figsize=(5, 4))
    axes = figure.subplots()
    figure.colorbar(axes.pcolormesh(x, y, value.reshape(SIDE, SIDE)), ax=axes)
    return png(figure)


def codes(model, data, seed):
    """The first two dimensions of z ~ Q(z), in the colours of their labels, over z ~ P(z) in grey."""
    _need_real_codes(model)
    x, labels = draws.examples(data, POINTS, seed)
    z = draws.flat(draws.encoded(model, x, seed, labels)["sample"])
    prior = draws.flat(draws.codes(model, POINTS, seed, "prior"))
    figure = Figure(figsize=(5, 5))
    axes = figure.subplots()
    across = (0, min(1, z.shape[1] - 1))
    axes.plot(*prior[:, across].T, ".", color="lightgrey", label="P(z)")
    axes.scatter(*z[:, across].T, s=4, c=labels, cmap=None if labels is None else "tab10", label="Q(z)")
    axes.legend()
    return png(figure)


def curves(lines_by_run):
    """{term: PNG bytes}: the training curves of runs on shared axes.

    Args:
      lines_by_run: {run: the lines of its metrics.jsonl}.
    """
    terms = sorted({name for lines in lines_by_run.values() for line in lines for name in line} - {"step"})
    found = {}
    for term in terms:
        figure = Figure(figsize=(5, 3))
        axes = figure.subplots()
        for run, lines in lines_by_run.items():
            at = [(line["step"], line[term]) for line in lines if term in line]
            if at:
                axes.plot(*zip(*at, strict=True), label=run)
        axes.set_xlabel("step")
        axes.set_title(term)
        axes.legend(fontsize="small")
        found[term] = png(figure)
    return found
