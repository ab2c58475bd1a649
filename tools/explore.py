"""Opens exported models in the browser: samples, an image of one's own, sliders, interpolations, chains, what a critic sees.

python -m tools.explore                                            # the pretrained models of images
python -m tools.explore --model runs/mine/saved_model,ehm_digits [--port 7860]

The page is served on 127.0.0.1 alone, and asks nothing of another machine. Needs `pip install .[explore]`.
"""

import pathlib
import socket

from absl import flags

import zoo
from zoo.export import pretrained

from . import binary
from .explorer.answers import Answers

MODEL = flags.DEFINE_list("model", None, "Names or folders that zoo.load takes; default all pretrained models.")
PORT = flags.DEFINE_integer("port", 7860, "Of the page.", lower_bound=1, upper_bound=65535)


def _name(handle):
    path = pathlib.Path(handle)
    return path.absolute().parent.name if path.name == "saved_model" else path.name.removesuffix(".tar.gz")


def _models(handles):
    names = [_name(handle) for handle in handles]
    if len(set(names)) < len(names):
        names = list(handles)
    if len(set(names)) < len(names):
        raise ValueError(f"--model: a model is named twice: {', '.join(handles)}")
    return [Answers(name, zoo.load(handle)) for name, handle in zip(names, handles, strict=True)]


def _check_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ValueError(f"--port {port}: cannot be used ({error.strerror}); give another") from error


def main(_):
    """Loads the models, and serves the page."""
    try:
        from .explorer import page  # Gradio is optional
    except ModuleNotFoundError as error:
        raise ValueError(f"the explorer needs {error.name}: pip install '.[explore]'") from error
    _check_free(PORT.value)
    page.serve(page.build(_models(MODEL.value or list(pretrained.index()))), PORT.value)


def console():
    """The console script `zoo-explore`."""
    binary.run(main)


if __name__ == "__main__":
    console()
