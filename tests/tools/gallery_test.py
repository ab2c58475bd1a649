"""The gallery: readable figures, the same bytes from another process, and one line for what cannot be drawn."""

import re

import numpy as np
import pytest
from PIL import Image

from tests.tools.binaries_test import last_line, run

MODELS = "ehm_digits,vae_digits"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gallery") / "figures"
    run("gallery", "--output", folder, "--models", MODELS)
    return folder


def test_every_figure_is_shown_and_can_be_read(drawn):
    page = (drawn / "README.md").read_text()
    shown = re.findall(r"!\[[^]]+\]\(([^)]+)\)", page)
    assert sorted(shown) == sorted(str(path.relative_to(drawn)) for path in drawn.rglob("*.png"))
    assert {"digits.png", "ehm_digits/samples.png", "vae_digits/samples.png"} < set(shown)
    # Eight images of 64 pixels with gaps of 2.
    assert Image.open(drawn / "ehm_digits/samples.png").size == (8 * 66 - 2, 8 * 66 - 2)
    for path in drawn.rglob("*.png"):
        assert np.asarray(Image.open(path).convert("L")).std() > 10, path


@pytest.mark.slow
def test_another_process_draws_the_same_bytes(drawn, tmp_path):
    run("gallery", "--output", tmp_path / "again", "--models", MODELS)
    first, second = (
        {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.png")} for folder in (drawn, tmp_path / "again")
    )
    assert first == second


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--models", "no_such_model"], "no_such_model"),
        (["--models", "vae_digits", "--data", "toy4"], "vae_digits"),
        (["--models", "vae_digits,vae_digits"], "two of them are called vae_digits"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(arguments, message, tmp_path):
    _, errors = run("gallery", "--output", tmp_path / "out", *arguments, code=1)
    assert message in last_line(errors)
    assert "Traceback" not in errors
    assert not (tmp_path / "out").exists()
