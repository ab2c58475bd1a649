"""README and the site: short, and nothing in them names what is not there."""

import ast
import re
import subprocess
import sys

import numpy as np
import pytest

import zoo
from tests.repository import ROOT
from zoo import config_files, registry

PAGES = ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")), "docs/gallery/README.md"]
GENERATED = {"zoo.md", "security.md"}


def text(name):
    return (ROOT / name).read_text()


def blocks(name, language):
    """The code blocks of a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", text(name), re.DOTALL | re.MULTILINE)


def test_the_readme_is_two_screens():
    assert len(text("README.md").splitlines()) <= 150


def test_every_page_is_in_the_sites_navigation():
    listed = set(re.findall(r"^  - .*: (\S+\.md)$", text("mkdocs.yml"), re.MULTILINE))
    assert listed == {name.removeprefix("docs/") for name in PAGES[1:]} | GENERATED


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files(page):
    targets = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", text(page))
    here = (ROOT / page).parent
    lost = [target for target in targets if not (here / target).exists() and target not in GENERATED]
    assert not lost


def commands(page):
    """(tool, the rest of the line) of each command in a page, which backslashes may break."""
    return re.findall(r"python -m tools\.(\w+)([^\n#|`]*)", text(page).replace("\\\n", " "))


def flags_of(tool):
    """Every flag that the sources of the tools define; those of one tool are looked for in what it imports by hand."""
    trees = [ast.parse(path.read_text()) for path in [ROOT / f"tools/{tool}.py", *(ROOT / "tools").glob("_*.py")]]
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {c.args[0].value for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr.startswith("DEFINE_")}


@pytest.mark.parametrize("page", PAGES)
def test_commands_name_tools_flags_configs_and_measures_that_exist(page):
    wrong = []
    for tool, rest in commands(page):
        if not (ROOT / f"tools/{tool}.py").is_file():
            wrong.append(tool)
            continue
        wrong += [
            f"{tool} --{flag}" for flag in re.findall(r"--([a-z_]+)(?![\w.])", rest) if flag not in {*flags_of(tool), "config"}
        ]
        wrong += [name for name in re.findall(r"--config[= ]configs/(\w+)\.py", rest) if name not in config_files.names()]
        named = [measure for given in re.findall(r"--measures=([a-z_,]+)", rest) for measure in given.split(",")]
        wrong += [name for name in named if name not in registry.names("measure")]
    assert not wrong


def test_there_are_commands_to_check():
    assert {"train", "evaluate"} <= {tool for tool, _ in commands("README.md")}
    assert {"no_such_flag"} - flags_of("train")


@pytest.mark.parametrize("page", PAGES)
def test_files_of_the_project_that_are_named_exist(page):
    named = re.findall(r"`((?:zoo|tests|tools|configs|docs)/[\w/]+\.(?:py|md|json))`", text(page))
    mine = {"zoo/objectives/my_objective.py", "zoo/samplers/my_sampler.py"}
    assert not [name for name in named if name not in mine and not (ROOT / name).is_file()]


def test_the_idea_has_a_row_for_every_objective():
    table = text("docs/idea.md").partition("## The objectives")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"`zoo/objectives/(\w+)\.py` \|$", table, re.MULTILINE)) == registry.names("objective")


def test_the_readme_lists_the_pretrained_models():
    from zoo.export import pretrained

    assert sorted(re.findall(r"^\| `(\w+)` \|", text("README.md"), re.MULTILINE)) == sorted(pretrained.index())


def test_the_readmes_example_of_a_pretrained_model_runs():
    found = {}
    exec(blocks("README.md", "python")[0], found)
    assert found["images"].shape == found["again"].shape == (16, 28, 28, 1)
    assert np.isfinite(found["nats"]).all()


def test_the_readmes_example_of_own_arrays_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = zoo.start_from("vae_digits", {"training.steps": 20, "training.steps_per_execution": 10, "training.log_every": 10})
    monkeypatch.setattr(zoo, "train", lambda name, folder, data: _train(config, folder, data), raising=False)
    faces = np.random.RandomState(0).randint(256, size=(300, 28, 20)).astype(np.uint8)
    exec(blocks("README.md", "python")[1], {"zoo": zoo, "faces": faces})
    assert (tmp_path / "models/faces/saved_model.pb").is_file()


def _train(config, folder, data):
    from zoo.interface import train

    return train(config, folder, data=data)


def test_the_site_is_built(tmp_path):
    pytest.importorskip("mkdocs", reason="needs docs/requirements.txt")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path / "site")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    page = (tmp_path / "site/zoo.html").read_text()
    assert not [name for name in config_files.names() if f'id="{name}"' not in page]
    assert "<math" in (tmp_path / "site/idea.html").read_text()
    assert "$$" not in (tmp_path / "site/idea.html").read_text()
    assert "Importance-weighted bound of log P(x)" in (tmp_path / "site/evaluation.html").read_text()
    assert "googleapis" not in page
