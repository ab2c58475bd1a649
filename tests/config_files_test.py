"""Config files: found by path or by name, loaded with the line of every fault, and started from."""

import pytest

import zoo
from tests.repository import ROOT
from zoo import config_files
from zoo.config import ConfigError


@pytest.fixture
def write(tmp_path, monkeypatch):
    """What writes a file of this text into the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="own.py"):
        (tmp_path / name).write_text(text)
        return name

    return write


def test_the_configs_of_the_zoo_are_the_files_of_the_folder():
    assert config_files.names() == sorted(p.stem for p in (ROOT / "configs").glob("*.py") if p.stem != "__init__")


@pytest.mark.parametrize("given", ["digits", "configs/studies/digits.py"])
def test_a_study_of_the_zoo_is_found_from_any_folder(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert config_files.find(given, "study") == ROOT / "configs" / "studies" / "digits.py"
    with pytest.raises(ConfigError, match=f"^config {given}: no such file"):
        config_files.find(given)


@pytest.mark.parametrize("given", ["ehm_digits", "configs/ehm_digits.py"])
def test_a_config_of_the_zoo_is_found_from_any_folder(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert config_files.find(given) == ROOT / "configs" / "ehm_digits.py"


def test_a_file_of_ones_own_comes_first(write):
    path = write("", "ehm_digits")
    assert config_files.find(path).resolve().parent != ROOT / "configs"


@pytest.mark.parametrize("given", ["nope", "configs/nope.py", "other/ehm_digits.py", "ehm_digits.py", ".", "__init__", ""])
def test_what_is_not_there_is_answered_with_what_is(given, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=f"^config {given}: no such file, .* those are .*, ehm_digits, [^\n]*$"):
        config_files.load(given)


FAULTS = {
    "at the top": ("x = 1\nnope\n", ", line 2: NameError: name 'nope' is not defined"),
    "inside": ("def get_config():\n    return f()\n\ndef f():\n    return {}['a']\n", ", line 5: KeyError: 'a'"),
    "no Python": ("def get_config(:\n", ", line 1: SyntaxError: invalid syntax"),
    "no function": ("get_config = 3\n", ": the file has no function get_config"),
    "a function of something": ("def get_config(x):\n    pass\n", ": TypeError: get_config() missing 1 required positional"),
    "nothing returned": ("def get_config():\n    pass\n", ": config: expected what zoo.experiment returns, found None"),
    "a field": (
        "import zoo\n\ndef get_config():\n    return zoo.experiment(data={}, model={'x': 1}, training={})\n",
        ", line 4: config.model.x: unknown field; choose from",
    ),
    "a change": (
        "import zoo\n\ndef get_config():\n    return zoo.start_from('ehm_digits', {'model.x': 1})\n",
        ", line 4: config.model.x: unknown field; choose from",
    ),
    "an unknown start": (
        "import zoo\n\ndef get_config():\n    return zoo.start_from('ehm')\n",
        ", line 4: config ehm: no such file",
    ),
    "a start from itself": ("import zoo\n\ndef get_config():\n    return zoo.start_from('own.py')\n", ", line 4: "),
}


@pytest.mark.parametrize(("text", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_one_line_with_file_and_line(write, text, reason):
    with pytest.raises(ConfigError) as failed:
        config_files.load(write(text))
    message = str(failed.value)
    assert message.startswith(f"config own.py{reason}")
    assert "\n" not in message


def test_starting_from_a_config_changes_what_is_named_and_nothing_else():
    base = config_files.load("ehm_digits")
    started = zoo.start_from("ehm_digits", {"model.latent_size": base.model.latent_size + 1})
    assert started.model.latent_size == base.model.latent_size + 1
    with started.unlocked():
        started.model.latent_size = base.model.latent_size
    assert started == base
    assert zoo.start_from("ehm_digits") == base


def test_a_file_may_start_from_another_and_return_plain_dictionaries(write):
    write("import zoo\ndef get_config():\n    return zoo.start_from('vae_digits', {'training.steps': 7}).to_dict()\n", "a.py")
    write("import zoo\ndef get_config():\n    return zoo.start_from('a.py', {'training.seed': 3})\n", "b.py")
    assert zoo.start_from("b.py") == zoo.start_from("vae_digits", {"training.steps": 7, "training.seed": 3})
