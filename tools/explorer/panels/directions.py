"""Sliders along the main directions of the codes."""

import gradio as gr

from .. import pictures

TITLE = "Directions"
MOST = 8  # sliders
REACH = 3  # standard deviations


def fits(models):
    """Models of images."""
    return all(model.is_of_images for model in models)


def build(models):
    """A slider for each direction, in standard deviations."""
    (model,) = models
    of = "codes of its own samples" if model.has_encoder else "its prior"
    gr.Markdown(f"The main directions of {of}, in standard deviations; the first varies most.")
    with gr.Row():
        with gr.Column():
            sliders = [
                gr.Slider(
                    -REACH, REACH, 0, step=0.1, label=f"direction {number + 1}", elem_id=f"{model.name}-direction-{number}"
                )
                for number in range(min(MOST, len(model.directions[1])))
            ]
        out = pictures.result("the mean of P(x|z)", f"{model.name}-turned")
    for slider in sliders:
        slider.release(lambda *at: _turned(model, at), sliders, out, show_progress="hidden")
    gr.Button("Show").click(lambda *at: _turned(model, at), sliders, out)


def _turned(model, at):
    mean, directions = model.directions
    return model.shown(model.generate((mean + at @ directions[: len(at)])[None]))
