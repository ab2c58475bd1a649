"""Several models of one data set in one figure: samples, data over reconstructions, and the chain, a column each."""

import numpy as np
from matplotlib.figure import Figure

from zoo import noise
from zoo.evaluation import chains, draws, samples
from zoo.evaluation.figures import png
from zoo.evaluation.pictures import grid

SIDE = 64  # pixels of one image
COLUMNS = 6
INCHES = 4  # of a column
SAMPLE_ROWS = 3


def figure(models, seed=0, rounds=(1, 10, 100)):
    """The figure as PNG bytes.

    Args:
      models: {name: (model, data)}, of images.
      seed: of the draws.
      rounds: of the chain x -> z ~ Q(z|x) -> mean of P(x|z), from test examples.
    """
    rows = {
        "samples": _samples,
        "data over reconstructions": _reconstructions,
        f"the chain after 0, {', '.join(map(str, rounds))} rounds": lambda *given: _chain(*given, rounds),
    }
    heights = (SAMPLE_ROWS, 2, 1 + len(rounds))
    page = Figure(figsize=(INCHES * len(models), 1 + sum(heights) * INCHES / COLUMNS), layout="constrained")
    axes = page.subplots(len(rows), len(models), squeeze=False, height_ratios=heights)
    for column, (name, (model, data)) in enumerate(models.items()):
        for row, (title, made) in enumerate(rows.items()):
            # One name for a column: names are long, and columns stand side by side.
            _show(axes[row, column], title if row else f"{name}: {title}", made(model, data, seed), data)
    return png(page)


def _show(axes, title, images, data):
    axes.set_title(title, fontsize=9)
    axes.axis("off")
    if images is None:
        axes.text(0.5, 0.5, "none: it has no encoder", ha="center")
        return
    pixels = grid(samples.to_unit(data, images), COLUMNS, SIDE, smooth=True)
    axes.imshow(pixels.squeeze(-1) if pixels.shape[-1] == 1 else pixels, cmap="gray", vmin=0, vmax=255)


def _samples(model, data, seed):
    return draws.generated(model, SAMPLE_ROWS * COLUMNS, seed)


def _reconstructions(model, data, seed):
    if not model.has_posterior:
        return None
    x = draws.examples(data, COLUMNS, seed)[0]
    return np.concatenate([x, draws.in_blocks(lambda rows, positions: model.reconstruct(rows), x)])


def _chain(model, data, seed, rounds):
    if not model.has_posterior:
        return None
    x = draws.examples(data, COLUMNS, seed)[0]
    walked = (chains.chain(model, x, number, noise.seed_for(0, seed, "chain"), False)["x"] for number in rounds)
    return np.concatenate([x, *walked])
