"""The page: a tab for each model with its panels, and one for the panels that compare models."""

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"  # before Gradio is imported: nothing is asked of another machine

import gradio as gr

from .panels import chains, critic, directions, image, interpolation, samples

OF_ONE = (samples, image, directions, interpolation, critic)
OF_SEVERAL = (chains,)


def build(models):
    """The page about models.

    Args:
      models: tools.explorer.answers.Answers, with different names.
    """
    with gr.Blocks(title="Symmetric Zoo", analytics_enabled=False) as page:
        gr.Markdown("# Symmetric Zoo")
        for model in models:
            with gr.Tab(model.name):
                for panel in OF_ONE:
                    _panel(panel, [model])
        for panel in OF_SEVERAL:
            _panel(panel, models)
    return page


def _panel(panel, models):
    if panel.fits(models):
        with gr.Tab(panel.TITLE):
            panel.build(models)


def serve(page, port, background=False):
    """Serves the page on this machine alone, until it is interrupted; returns its address at once if in the background."""
    theme = gr.themes.Default(font=["sans-serif"], font_mono=["monospace"])  # its own fonts come from another server
    page.queue(default_concurrency_limit=1)
    _, address, _ = page.launch(
        server_name="127.0.0.1",
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        theme=theme,
        footer_links=[],
        ssr_mode=False,
        max_file_size="20mb",
    )
    print(f"the explorer is at {address}; Ctrl-C ends it", flush=True)
    if not background:
        page.block_thread()
    return address
