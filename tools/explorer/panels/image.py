"""An image of one's own: its reconstruction, its code, and the bound of its log-likelihood."""

import gradio as gr
import numpy as np

from .. import pictures

TITLE = "Your image"


def fits(models):
    """Models of images that have an encoder."""
    return all(model.is_of_images and model.has_encoder for model in models)


def build(models):
    """A canvas, and what the model makes of it."""
    (model,) = models
    with gr.Row():
        with gr.Column():
            canvas, invert = pictures.editor("draw (take the brush), or upload", f"{model.name}-canvas")
            button = gr.Button("Reconstruct")
        with gr.Column():
            seen = pictures.result("as the model sees it, and its reconstruction", f"{model.name}-reconstruction")
            said = gr.Markdown(elem_id=f"{model.name}-said")
            code = gr.Dataframe(headers=["dimension", "code"], label="its code", interactive=False)
    button.click(lambda value, invert: _answer(model, value, invert), [canvas, invert], [seen, said, code])


def _answer(model, value, invert):
    picture = pictures.drawn(value)
    if picture is None:
        return None, pictures.NOTHING, None
    x, done = model.fitted(picture, invert)
    bound = f"log P(x) is at least about {model.bound(x)[0]:.1f} nats." if model.has_bound else "It has no bound of log P(x)."
    table = [[str(number), f"{value:.3f}"] for number, value in enumerate(model.code(x)[0])]
    return model.shown(np.concatenate([x, model.reconstruct(x)]), 2), done + bound, table
