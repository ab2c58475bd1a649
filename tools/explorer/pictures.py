"""The components that panels share: an image that is drawn or uploaded, and where a result is shown."""

import gradio as gr

NOTHING = "Draw or upload an image first."
CANVAS = 280  # pixels


def editor(label, name):
    """(a canvas to draw on or to upload to, whether the drawing is dark on light)."""
    brush = gr.Brush(default_size=CANVAS // 16, colors=["#000000", "#ffffff"], default_color="#000000")
    with gr.Column(min_width=CANVAS):  # in a row they would stand beside each other, and cut the canvas off
        gr.Markdown(f"**{label}**")
        canvas = gr.ImageEditor(
            type="pil",
            show_label=False,
            brush=brush,
            canvas_size=(CANVAS, CANVAS),
            sources=["upload", "clipboard"],
            elem_id=name,
            layers=False,
            transforms=(),
        )
        return canvas, gr.Checkbox(True, label="dark on light: invert")


def result(label, name):
    """Where a picture is shown."""
    with gr.Column(min_width=CANVAS):
        gr.Markdown(f"**{label}**")
        return gr.Image(show_label=False, elem_id=name, interactive=False, format="png", buttons=["download"])


def drawn(value):
    """The picture of a canvas; None if nothing was drawn or uploaded."""
    picture = (value or {}).get("composite")
    return None if picture is None or picture.getchannel("A").getextrema()[1] == 0 else picture
