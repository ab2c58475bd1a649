"""The PyTorch worker; it imports neither TensorFlow nor Keras, whose threads and memory would be in its way."""

import os

import numpy as np
import torch
from PIL import Image

from zoo import paths

from . import pytorch_models, turns

CHUNK = 100  # codes that are decoded at once: the number that suits PyTorch best here, of 100 and the zoo's 500


def _layout(x, config):
    """[n, height, width, channels] -> flat for dense networks, channels_last for convolutions."""
    if config["model"]["decoder"]["name"] != "dcgan":
        return x.reshape(len(x), -1).contiguous()
    return x.permute(0, 3, 1, 2)  # of an array in that order, this view is channels_last


def _in_memory(config, examples, levels):
    """Endless shuffled batches of an array: a permutation an epoch, and one gather a batch."""
    x = _layout(torch.from_numpy(np.load(examples)).float() / (levels - 1), config)
    size = config["data"]["batch_size"]
    while True:
        for rows in torch.randperm(len(x)).split(size):
            if len(rows) == size:
                yield x[rows]


def _from_folder(config, data_dir):
    """Endless batches of a folder's pictures, decoded when they are needed."""
    section = config["data"]
    files = sorted((paths.of_data(data_dir) / section["folder"] / "train").rglob("*.jpg"))
    side, size = section["image_size"], section["batch_size"]

    def read(path):
        return np.asarray(Image.open(path).convert("RGB").resize((side, side), Image.Resampling.BOX))

    while True:
        for rows in torch.randperm(len(files)).split(size):
            if len(rows) == size:
                yield _layout(torch.from_numpy(np.stack([read(files[i]) for i in rows])).float() / 255, config)


def _described(model, compiled):
    return {
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "settings": f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads"
        + (", fused Adam" if getattr(model, "optimizers", None) else "")
        + (", channels_last" if model.sections["decoder"]["name"] == "dcgan" else "")
        + (", torch.compile" if compiled else ", eager"),
    }


def train(own, config, block, compiled=False, data_dir=None, examples=None, levels=0):
    """Blocks of `block` steps; what a step shows is summed and read at the end of the block."""
    torch.manual_seed(0)
    batches = _in_memory(config, examples, levels) if examples else _from_folder(config, data_dir)
    event_shape = np.load(examples, mmap_mode="r").shape[1:] if examples else (config["data"]["image_size"],) * 2 + (3,)
    model = pytorch_models.build(config, event_shape)
    if compiled:
        model.compile_parts()

    def run():
        return sum(model.step(next(batches)) for _ in range(block)).tolist()

    own.repeat(_described(model, compiled), run)


def bound(own, config, images, num_samples, examples, levels, compiled=False):
    """The importance-weighted bound of `images` examples, CHUNK codes at once."""
    x = np.load(examples)[:images]
    model = pytorch_models.build(config, x.shape[1:])
    x = _layout(torch.from_numpy(x).float() / (levels - 1), config)
    if compiled:
        model.compile_parts()
    chunks = [min(CHUNK, num_samples - start) for start in range(0, num_samples, CHUNK)]

    @torch.inference_mode()
    def run():
        for example in x.split(1):
            torch.logsumexp(torch.cat([model.log_weights(example, draws) for draws in chunks]), 0).item()

    own.repeat(_described(model, compiled), run)


def serve():
    """Runs the worker."""
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    turns.serve({"train": train, "bound": bound})
