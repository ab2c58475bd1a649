"""Any path: what is written there is read there, or it is refused in one line before anything is; nothing else changes."""

import contextlib
import os
import pathlib
import re
import tempfile

import numpy as np
import pytest
from hypothesis import strategies as st
from PIL import Image

import zoo
from tests.export import families
from tests.robustness.fuzzing import fuzz, outcome
from tests.training import saved
from tests.training.runs import experiment
from zoo import atomic, data
from zoo.data import Preprocessing
from zoo.export import export
from zoo.training.checkpoints import Checkpoints
from zoo.training.logs import Events
from zoo.training.workdir import Workdir

LONGEST = 255  # bytes of a name, of most file systems
ODD = (
    "x" * LONGEST,
    "x" * (LONGEST + 1),
    "é" * 127,
    "~",
    "~x",
    "-",
    "...",
    "{a,b}",
    "a.h5",
    "a.tar.gz",
    "a#sha256=0",
    "x:",
    "lock",
)
NAMES = st.one_of(
    st.text(alphabet="ab[]*?!\\ .~#%&'\"$\n\té=:-", min_size=1, max_size=8),
    st.binary(min_size=1, max_size=6).map(os.fsdecode),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4),
    st.sampled_from(ODD),
).filter(lambda name: name not in (".", "..") and not set("/\0") & set(name))
DEEP = st.integers(3600, 4200).map(lambda size: [*["y" * 200] * (size // 201), "z" * max(1, size % 201)])
PATHS = st.tuples(st.lists(NAMES, min_size=1, max_size=3) | DEEP, st.booleans())


def as_run(path, model):
    """What a run does with its folder."""
    workdir, config = Workdir(path), experiment()
    workdir.check(config)
    with workdir.locked():
        workdir.sweep()
        workdir.write(config, Preprocessing((4, 4, 1), 2))
        events, checkpoints = Events(workdir.path / "tensorboard", 0), Checkpoints(model, workdir.checkpoints, keep=1)
        for step in (1, 2):
            saved.fill(model, step)
            checkpoints.save()
            events.scalars(step, {"a": 1.0})
        events.writer.close()
        atomic.write(workdir.finished_file, "{}")
    assert Workdir(path).read()[0].to_json() == config.to_json()
    assert checkpoints.steps() == [2]
    assert saved.restored(model, workdir.checkpoints) == 2


def as_model(path, exported):
    """What becomes of an exported model."""
    z = np.zeros([1, families.LATENT], np.float32)
    export(exported, path)
    expected = exported.preprocessing.to_unit(exported.generate(z))
    np.testing.assert_allclose(zoo.load(path).generate(z), expected, atol=1e-6)


PIXELS = np.full([2, 2, 1], 7, np.uint8)


def with_a_picture(path):
    """Makes a folder with a picture in it, or returns False."""
    try:
        os.makedirs(path, exist_ok=True)
        Image.fromarray(PIXELS[..., 0]).save(os.path.join(path, "a.png"))
    except OSError:
        return False
    return True


def as_pictures(path, _):
    """What becomes of a folder of pictures."""
    section = {"name": "image_folder", "folder": path, "image_size": 2, "channels": 1, "validation_fraction": 0.0}
    config = zoo.experiment(data=section, model=families.VAE, training={})
    np.testing.assert_array_equal(data.load(config.data, ".").splits["train"].read(0), PIXELS)


USES = {"run": as_run, "model": as_model, "archive": as_model, "pictures": as_pictures}


def everything(root, but=None):
    """{path: content} of all below a folder, without what is at `but`, below it, or on the way to it."""
    found = {}
    for parent, folders, names in os.walk(root):
        paths = {os.path.join(parent, name): name in folders for name in (*folders, *names)}
        folders[:] = [name for name in folders if os.path.join(parent, name) != but]
        found |= {path: is_folder or pathlib.Path(path).read_bytes() for path, is_folder in paths.items()}
    return {path: content for path, content in found.items() if not but or not f"{but}/".startswith(f"{path}/")}


def plant(name):
    """Checkpoints in folders that a name, taken for a pattern, names too."""
    matched = re.sub(r"[[].?[^]]*[]]|[*?]", "X", name)
    for other in {matched, name.replace("\\", "")} - {name, "", ".", ".."}:
        for file in ("step-1.index", "step-1.data-00000-of-00001", "saved_model.pb"):
            path = pathlib.Path(other, "checkpoints", file)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"another's")


@pytest.mark.slow
@pytest.mark.parametrize("use", ["run", "model", "archive", "pictures"])
def test_paths(use, monkeypatch):
    """Absolute ones, and relative ones, which may begin with ~, from a folder of its own that has the home in it."""
    model = saved.build() if use == "run" else families.build("vae")
    suffix = ".tar.gz" if use == "archive" else ""

    def check(example):
        names, relative = example
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            monkeypatch.setenv("HOME", os.path.join(folder, "home"))
            path = os.path.join("" if relative else folder, *names) + suffix
            named = os.path.abspath(os.path.expanduser(path))
            os.mkdir("home")
            plant(names[0])
            if use == "pictures" and not with_a_picture(named):
                return  # there cannot be such a folder
            before, all_before = everything(folder, named), everything(folder)
            _, refusal = outcome((ValueError, OSError), USES[use], path, model)
            assert everything(folder, named) == before
            if refusal:
                assert everything(folder) == all_before
                assert refusal.splitlines() == [refusal]
                assert "codec" not in refusal
                assert refusal.encode()

    fuzz(PATHS, check, at_once=100 if use == "pictures" else 10)
