"""The rows of the equal-networks study: the same encoder, decoder, critic of x, batch, steps and recipe in each."""

import pytest

from zoo import config_files
from zoo.changes import changed
from zoo.studies import jobs

DCGAN = {"name": "dcgan", "width": 32, "normalization": "none", "tied": False}
OF_CODES = {"log_p_z": (64, 64)}  # dense layers of what is a critic of z alone


@pytest.fixture(scope="module")
def experiments():
    """{row: its experiment} of all rows that train."""
    study = jobs.read("equal_networks")
    changes = {run.name: study.changes | run.changes for run in study.runs}
    trained = [run for run in study.runs if not run.floor]
    return {run.name: (run, changed(config_files.load(run.config), changes[run.name]).to_dict()) for run in trained}


def test_the_rows_that_a_reader_asks_for_are_there(experiments):
    """Those of the baselines; ablations and sweeps are their own."""
    configs = {run.config for run, _ in experiments.values()}
    wanted = "vae wgan_gp relativistic_gan wake_sleep ehm ehm_fitted_prior vae_learned_scale denoising_vae vamp_prior"
    wanted += " vae_fitted_prior adversarial_autoencoder mim symmetric_vae bridge ali as_vae vae_gan latent_regressor"
    assert {f"{name}_mnist" for name in wanted.split()} <= configs


def test_networks_are_equal(experiments):
    """A critic of pairs has the critic of x below its dense layers, one of codes has none, and that of patches has fewer."""
    for row, (_, config) in experiments.items():
        model = config["model"]
        assert model["decoder"] == DCGAN, row
        assert model["encoder"] in (DCGAN, {"name": ""}), row
        for name, section in model["approximators"].items():
            if name in OF_CODES:
                assert section["network"]["hidden_sizes"] == OF_CODES[name], row
            elif "network" in section:  # an importance estimate has none
                assert section["network"] == DCGAN or (
                    section["network"]["name"] == "patch" and section["network"]["width"] in (32, 128)
                ), row


def test_codes_batches_and_recipe_are_equal(experiments):
    for row, (_, config) in experiments.items():
        model, training = config["model"], config["training"]
        assert model["latent_size"] == 24 or f"{model['latent_size']} dimensions" in row, row
        assert config["data"]["batch_size"] == 100, row
        assert (training["ema"], training["precision"], training["keep_best"]) == (0.998, "bfloat16", False), row
        assert training["steps"] in (10_000, 20_000), row
        trained = [name for name in ("encoder", "decoder") if model[name]["name"]]
        trained += [name for name, section in model["approximators"].items() if "network" in section]
        trained += ["prior"] * (model["prior"]["name"] not in ("standard_normal", "fitted_mixture"))
        for network in trained:
            assert config["optimizers"][network]["learning_rate"]["decay_steps"] == training["steps"], (row, network)


def test_rows_of_the_same_length_are_compared(experiments):
    steps = {run.name: config["training"]["steps"] for run, config in experiments.values()}
    assert not [run.name for run, _ in experiments.values() if run.baseline and steps[run.name] != steps[run.baseline]]
