"""What --dry_run says of a run: parameters and memory, against counts by hand."""

import re

import pytest

from tests.models import tiny
from tests.training import runs
from zoo.config import ConfigError
from zoo.models import build
from zoo.training import dry_run
from zoo.training.dry_run import describe

WIDTH, PIXELS, CODES = 20_000, 16, 3
# Of a VAE on `bars` with one hidden layer: weights and biases, a mean and a scale for each code, a logit for each pixel.
ENCODER = PIXELS * WIDTH + WIDTH + WIDTH * 2 * CODES + 2 * CODES
DECODER = CODES * WIDTH + WIDTH + WIDTH * PIXELS + PIXELS
FLOAT, MIB = 4, 2**20
ROUNDING = 0.05  # of one printed figure, in MiB


@pytest.fixture(scope="module")
def described():
    """{batch size: what is printed}."""
    found = {}
    for batch_size in (10, 20):
        config = runs.experiment()
        config.data.batch_size = batch_size
        for part in ("encoder", "decoder"):
            config.model[part].hidden_sizes = (WIDTH,)
        found[batch_size] = describe(config)
    return found


def test_parameters_are_those_counted_by_hand(described):
    for text in described.values():
        assert f"parameters of encoder: {ENCODER:,}\n" in text
        assert f"parameters of decoder: {DECODER:,}\n" in text


def test_memory_is_weights_gradients_and_adams_two_slots_and_grows_with_the_batch(described):
    printed = {size: float(re.search(r"about ([\d,.]+) MiB", text)[1].replace(",", "")) for size, text in described.items()}
    growth = printed[20] - printed[10]
    at_no_batch = printed[10] - growth
    assert at_no_batch == pytest.approx(4 * (ENCODER + DECODER) * FLOAT / MIB, abs=3 * ROUNDING)
    # Of either network's hidden layer what its product and what its activation give, once: the wake phase alone. Codes,
    # parameters of distributions and pixels are few beside them.
    hidden = 10 * 2 * 2 * WIDTH * FLOAT / MIB
    assert hidden - 2 * ROUNDING <= growth <= 1.01 * hidden + 2 * ROUNDING


def test_each_phase_on_generated_pairs_is_a_pass_more():
    """Equal networks, in the wake phase alone and in both."""
    assert dry_run._activations(tiny.build("wake_sleep"), 5) == 2 * dry_run._activations(tiny.build("vae"), 5) > 0


def test_the_run_itself_is_checked_on_its_data(monkeypatch):
    given = []
    monkeypatch.setattr(dry_run, "build", lambda config, data: given.append(data) or build(config, data=data))
    config = runs.experiment()
    describe(config)
    assert [data.name for data in given] == [config.data.name]
    config.data.batch_size = 10**6
    with pytest.raises(ConfigError, match=r"config\.data\.batch_size: 1000000 is more than the \d+ examples"):
        describe(config)


def test_what_could_not_be_exported_is_refused():
    def refuse(model):
        raise ValueError(f"refused at step {int(model.step)}")

    with pytest.raises(ValueError, match="refused at step 0"):
        describe(runs.experiment(), check=refuse)


@pytest.mark.parametrize("place", ["encoder", "decoder"])
def test_a_network_that_does_not_tell_its_layers_is_said(place):
    config = runs.experiment()
    config.model[place] = {"name": "tests.models.subclassed"}
    text = describe(config)
    assert f"parameters of {place}: " in text
    assert text.endswith("subclasses of keras.Model put out, which these do not tell")
