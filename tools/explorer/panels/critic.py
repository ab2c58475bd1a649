"""What the critic would change in an image: its gradient as a heat map."""

import gradio as gr

from .. import pictures
from ..answers import heat

TITLE = "Critic"


def fits(models):
    """Models of images with a critic of x."""
    return all(model.is_of_images and model.has_critic for model in models)


def build(models):
    """A canvas or a sample, and the map."""
    (model,) = models
    gr.Markdown("Red: more there would look more like data to the critic; blue: less. An empty canvas is a sample.")
    with gr.Row():
        with gr.Column():
            canvas, invert = pictures.editor("draw (take the brush), or upload", f"{model.name}-judged")
            seed = gr.Number(0, label="seed of the sample", precision=0, minimum=0, maximum=2**31 - 1)
            button = gr.Button("Judge")
        with gr.Column():
            out = pictures.result("the image, the change, both", f"{model.name}-heat")
            said = gr.Markdown(elem_id=f"{model.name}-score")
    button.click(lambda *values: _judged(model, *values), [canvas, invert, seed], [out, said])


def _judged(model, value, invert, seed):
    picture = pictures.drawn(value)
    x, done = (model.sample(1, seed or 0), "") if picture is None else model.fitted(picture, invert)
    score, gradient = model.critic(x)
    return heat(x, gradient), f"{done}The critic says {score[0]:.3f}: higher is more like data."
