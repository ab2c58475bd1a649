"""Draws samples from an exported model, as one picture or as a folder with one picture each; or moves them by a sampler.

python -m tools.sample --model models/ehm_digits --num_samples 64 --output samples.png [--seed 0]
python -m tools.sample --model models/ehm_digits --num_samples 50000 --format png_folder --output samples
python -m tools.sample --workdir runs/gan_rings --sampler=hmc [--space=x|z] [--num_steps 500] [--temperature 1] [--measure]
python -m tools.sample --model models/wgan_gp_digits --data digits --sampler=optimal_transport --output before_after.png

With --sampler, standard output is one JSON object, and the picture has samples before beside those after.
"""

import numpy as np
from absl import flags

import zoo
from zoo import paths
from zoo.evaluation.pictures import grid, save_png

from . import _chains, binary

INT32_MAX = 2**31 - 1
BLOCK = 500  # samples of a folder that are drawn with one seed: block k has seed + k

MODEL = flags.DEFINE_string("model", None, "Folder of a SavedModel.")
NUM_SAMPLES = flags.DEFINE_integer("num_samples", 64, "How many.", lower_bound=1, upper_bound=INT32_MAX)
OUTPUT = flags.DEFINE_string("output", None, "The .png file to write, or the folder to make.")
FORMAT = flags.DEFINE_enum("format", "png", ["png", "png_folder"], "One picture, or a folder of 00000.png, 00001.png, ...")
LABEL = flags.DEFINE_integer("label", None, "Of which class, for a class-conditional model.", lower_bound=0)
SEED = flags.DEFINE_integer("seed", 0, "Which samples.", lower_bound=0, upper_bound=INT32_MAX)


def _check_output(path):
    if FORMAT.value == "png_folder":
        if path.exists():
            raise ValueError(f"--output {path}: exists already; name a folder that is to be made")
    elif path.suffix.lower() != ".png":
        raise ValueError(f"--output {path}: the picture is a PNG; give a name that ends in .png")


def _check_images(model):
    if "sample" not in model.signatures:
        raise ValueError(f"--model {MODEL.value} has no endpoint sample; it has {', '.join(model.signatures) or 'none'}")
    shape = model.signatures["sample"].structured_outputs["output_0"].shape
    if shape.rank != 4 or shape[-1] not in (1, 3):
        raise ValueError(f"--model {MODEL.value} makes no images: one sample has shape {tuple(shape[1:])}")


def _drawn(model, count, seed):
    told = "label" in model.signatures["sample"].structured_input_signature[1]
    if told != (LABEL.value is not None):
        wanted = "is class-conditional: give --label" if told else "has no classes: leave out --label"
        raise ValueError(f"--model {MODEL.value} {wanted}")
    return model.sample(count, label=LABEL.value, seed=seed) if told else model.sample(count, seed)


def _save_folder(model, folder):
    """One PNG file a sample, in the image's own size."""
    folder.mkdir()
    for block, start in enumerate(range(0, NUM_SAMPLES.value, BLOCK)):
        images = _drawn(model, min(BLOCK, NUM_SAMPLES.value - start), (SEED.value + block) % INT32_MAX).numpy()
        for number, pixels in enumerate(np.round(255 * np.clip(images, 0, 1)).astype(np.uint8), start):
            save_png(pixels, folder / f"{number:05d}.png")


def _main_of_sampler():
    if FORMAT.value != "png" or LABEL.value is not None:
        raise ValueError("--format and --label do not go with --sampler")
    output = paths.to_write(OUTPUT.value, "output") if OUTPUT.value else None
    _chains.main(MODEL.value, output, NUM_SAMPLES.value, SEED.value)


def main(_):
    """Loads, samples, draws."""
    if _chains.SAMPLER.value:
        _main_of_sampler()
        return
    of_chains = flags.FLAGS.flags_by_module_dict()[_chains.__name__]
    if given := [flag.name for flag in of_chains if flag.present]:
        raise ValueError(f"--{given[0]} goes with --sampler, which is not given")
    if not (MODEL.value and OUTPUT.value):
        raise ValueError("--model and --output are required; a run, --workdir, is sampled with --sampler only")
    output = paths.to_write(OUTPUT.value, "output")
    _check_output(output)
    model = zoo.load(MODEL.value)
    _check_images(model)
    if FORMAT.value == "png_folder":
        _save_folder(model, output)
    else:
        save_png(grid(_drawn(model, NUM_SAMPLES.value, SEED.value)), output)
    print(f"wrote {NUM_SAMPLES.value} samples to {output}")


def console():
    """The console script `zoo-sample`."""
    binary.run(main)


if __name__ == "__main__":
    console()
