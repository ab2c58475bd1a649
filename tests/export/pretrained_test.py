"""The models that come with the package, all that the index lists: whole, computing what they did, and as good as recorded.

A new one is held to its record by itself: `python -m tools.export --workdir RUN --pretrained NAME` makes both.
"""

import functools
import os

import numpy as np
import pytest

import zoo
from tests.export import families
from zoo.export import manifest, pretrained, record

INDEX = pretrained.index()
NAMES = list(INDEX) or [pytest.param("", marks=pytest.mark.skip("no model in the index"))]
EXAMPLES = 500
BUILT_IN = ("bars", "digits", "rings", "toy4", "toy4_20")
loaded = functools.cache(zoo.load)


@functools.cache
def data_of(name):
    section, data_dir = INDEX[name]["data"], os.environ.get("ZOO_TEST_DATA")
    if section["name"] not in BUILT_IN and not data_dir:
        pytest.skip(f"needs ZOO_TEST_DATA, a TFDS data_dir with {section['name']}")
    return record.data_of(loaded(name), section, data_dir)


def test_they_are_whole():
    """Nothing is loaded: the index names every archive that is there, and limits are kept."""
    there = {path.name for path in pretrained.FOLDER.iterdir()} - {"index.json"}
    assert there == {f"{name}.tar.gz" for name in INDEX}
    for name, entry in INDEX.items():
        assert entry.keys() == {"sha256", "bytes", "summary", "data", "headline", "fingerprint"}
        assert manifest.sha256(pretrained.archive_of(name)) == entry["sha256"]
        assert pretrained.archive_of(name).stat().st_size == entry["bytes"] <= pretrained.MAX_BYTES
        assert entry["summary"].endswith(".")
    assert sum(entry["bytes"] for entry in INDEX.values()) <= pretrained.MAX_BYTES_OF_ALL


@pytest.mark.parametrize("name", NAMES)
def test_it_has_every_endpoint_that_it_can_have_and_gives_what_it_gave(name):
    model = loaded(name)
    critic = {"critic"} if model.facts["critics"] else set()
    own = families.BOUNDED if "encode" in model.signatures else families.SLEEP
    if "free_energy" in model.signatures:
        own = families.BOUNDED - {"log_q_z_given_x", "log_p_z", "elbo"} | {"free_energy"}
    assert model.signatures.keys() == own | critic | {"serving_default"}
    assert record.changed(INDEX[name]["fingerprint"], record.fingerprint(model)) == []


@pytest.mark.parametrize("name", NAMES)
def test_its_headline_number_is_found_again_on_500_test_examples(name):
    entry = INDEX[name]
    found = record.headline(loaded(name), data_of(name), EXAMPLES)
    assert found["num_examples"] == min(EXAMPLES, data_of(name).size("test"))
    assert record.agree(entry["headline"], found), (entry["headline"], found)


@pytest.mark.parametrize("name", ["vae_digits", "wgan_gp_digits"])
def test_a_model_whose_weights_have_changed_is_found(name):
    """By a fiftieth the fingerprint tells; the number does where it is worse by more than its error."""
    changed, entry = zoo.load(name), INDEX[name]
    kernels = [variable for variable in changed.decoder.variables if len(variable.shape) > 1]
    for kernel in kernels:
        kernel.assign(1.02 * kernel)
    assert "generate" in record.changed(entry["fingerprint"], record.fingerprint(changed))
    for kernel in kernels:
        kernel.assign(0.3 * kernel)
    assert not record.agree(entry["headline"], record.headline(changed, data_of(name), EXAMPLES))


def test_what_is_told_of_data():
    """Enough to load them again; what a model makes of them it says itself."""
    for data in ({"name": "digits"}, {"name": "image_folder", "folder": "bedrooms", "image_size": 64}):
        section = zoo.experiment(data=data | {"batch_size": 7, "value_range": "symmetric"}, model={}, training={}).data
        assert record.told(section) == data


def test_what_a_fingerprint_lets_pass():
    """A thousandth of the size of an output, and no endpoint more or less."""
    first = {"generate": [2.0, 1.0, -3.0], "sample": [1.0, 0.5]}
    assert record.changed(first, {"generate": [2.0019, 1.0019, -3.0019], "sample": [1.0, 0.5]}) == []
    assert record.changed(first, {"generate": [2.0, 1.0021, -3.0], "sample": [1.0, 0.5]}) == ["generate"]
    assert record.changed(first, {"generate": first["generate"]}) == ["sample"]
    assert record.changed(first, first | {"encode_mean": [1.0]}) == ["encode_mean"]


def test_within_which_error_two_numbers_agree():
    """Four of the difference: 4 sqrt(0.3^2 + 0.4^2) = 2; equal ones agree without any error, and others of one name alone."""
    one = {"measure": "m", "result": "r", "value": 1.0, "standard_error": 0.3}
    for value, agree in ((2.99, True), (3.01, False), (-0.99, True), (-1.01, False)):
        assert record.agree(one, one | {"value": value, "standard_error": 0.4}) == agree
    assert record.agree(one | {"standard_error": 0.0}, one | {"standard_error": 0.0})
    assert not record.agree(one, one | {"result": "other"})


def test_of_more_examples_the_error_is_smaller():
    """The headline of a model with an encoder, on digits: errors of independent examples go by the root of their number."""
    found = [record.headline(loaded("vae_digits"), data_of("vae_digits"), count) for count in (70, 280)]
    assert [each["num_examples"] for each in found] == [70, 280]
    np.testing.assert_allclose(found[0]["standard_error"] / found[1]["standard_error"], 2, rtol=0.5)
    assert np.isfinite(found[0]["value"])
