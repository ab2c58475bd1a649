"""The chain x -> z ~ Q(z|x) -> mean of P(x|z) of two models side by side, frame by frame."""

import itertools

import gradio as gr

from .. import pictures

TITLE = "Chains"
MOST_ROUNDS = 200
STARTS = 8


def fits(models):
    """Whether a model of images has an encoder."""
    return bool(_able(models))


def _able(models):
    return [model for model in models if model.is_of_images and model.has_encoder]


def build(models):
    """Two models, where they start, and a slider over the frames."""
    able = {model.name: model for model in _able(models)}
    names = list(able)
    gr.Markdown("An empty canvas: they start at eight samples of the left model, or of each one where their sizes differ.")
    with gr.Row():
        left = gr.Dropdown(names, value=names[0], label="left")
        right = gr.Dropdown(names, value=names[min(1, len(names) - 1)], label="right")
        rounds = gr.Slider(1, MOST_ROUNDS, 20, step=1, label="rounds")
        seed = gr.Number(0, label="seed", precision=0, minimum=0, maximum=2**31 - 1)
    with gr.Row():
        with gr.Column():
            canvas, invert = pictures.editor("where it starts", "chains-start")
        outs = [pictures.result(side, f"chains-{side}") for side in ("left", "right")]
    button, frames = gr.Button("Run"), gr.State([])
    frame = gr.Slider(0, MOST_ROUNDS, 0, step=1, label="frame", elem_id="chains-frame")

    def run(left, right, rounds, seed, value, invert):
        seed, picture, made = seed or 0, pictures.drawn(value), []
        models = able[left], able[right]
        starts = _starts(models, seed) if picture is None else [model.fitted(picture, invert)[0] for model in models]
        chains = [_shown(model, x, rounds, seed) for model, x in zip(models, starts, strict=True)]
        for number, pair in enumerate(zip(*chains, strict=True)):
            made.append(pair)
            yield *pair, number, made

    given = [left, right, rounds, seed, canvas, invert]
    button.click(run, given, [*outs, frame, frames], show_progress="hidden")
    frame.release(_at, [frame, frames], outs, show_progress="hidden")


def _starts(models, seed):
    """Samples of the first model for all, if they take its images; otherwise of each."""
    first, *_ = models
    own = [model.sample(STARTS, seed) for model in models]
    return [own[0] if model.shape == first.shape else x for model, x in zip(models, own, strict=True)]


def _shown(model, x, rounds, seed):
    return map(model.shown, model.chain(x, rounds, seed), itertools.repeat(STARTS // 2))


def _at(number, frames):
    return frames[min(int(number), len(frames) - 1)] if frames else (None, None)
