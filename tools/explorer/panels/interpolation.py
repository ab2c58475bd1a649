"""Images on the way between two, by way of their codes."""

import gradio as gr
import numpy as np

from zoo.applications.interpolation import PATHS

from .. import pictures

TITLE = "Interpolation"
STEPS = 8


def fits(models):
    """Models of images that have an encoder."""
    return all(model.is_of_images and model.has_encoder for model in models)


def build(models):
    """Two canvases; where one is empty, a sample of the model stands for it."""
    (model,) = models
    gr.Markdown("A canvas that is left empty is a sample of the model.")
    with gr.Row():
        ends = [pictures.editor(f"{which} image", f"{model.name}-{which}") for which in ("first", "second")]
    with gr.Row():
        seed = gr.Number(0, label="seed of the samples", precision=0, minimum=0, maximum=2**31 - 1)
        path = gr.Radio(list(PATHS), value="linear", label="path")
    button = gr.Button("Interpolate")
    out = pictures.result("from the first to the second", f"{model.name}-interpolated")
    (first, first_inverted), (second, second_inverted) = ends
    given = [first, first_inverted, second, second_inverted, seed, path]
    button.click(lambda *values: _between(model, *values), given, out)


def _between(model, first, first_inverted, second, second_inverted, seed, path):
    samples = model.sample(2, seed or 0)
    x = []
    for number, (value, invert) in enumerate(((first, first_inverted), (second, second_inverted))):
        picture = pictures.drawn(value)
        x.append(samples[number : number + 1] if picture is None else model.fitted(picture, invert)[0])
    start, end = model.code(x[0]), model.code(x[1])
    z = PATHS[path](start, end, np.linspace(0, 1, STEPS)[:, np.newaxis])
    return model.shown(np.concatenate([x[0], model.generate(z), x[1]]), STEPS + 2)
