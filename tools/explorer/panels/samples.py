"""Samples of a model, by their seed."""

import gradio as gr

from .. import pictures

TITLE = "Samples"


def fits(models):
    """Every model draws."""
    return bool(models)


def build(models):
    """A seed, a number, a button."""
    (model,) = models
    with gr.Row():
        seed = gr.Number(0, label="seed", precision=0, minimum=0, maximum=2**31 - 1)
        count = gr.Slider(1, 64, 36, step=1, label="how many")
    button = gr.Button("Draw")
    out = pictures.result("samples", f"{model.name}-samples")
    button.click(lambda seed, count: model.shown(model.sample(count, seed or 0)), [seed, count], out)
