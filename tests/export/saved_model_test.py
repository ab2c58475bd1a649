"""An exported model does what the model did: with TensorFlow alone, for any batch, by seed, and it can be trained on."""

import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.export import families
from zoo.export import endpoints, export, load

PROGRAM = pathlib.Path(__file__).with_name("load_without_zoo.py")
NUM_SAMPLES, SEED = 105, 3  # more than one block of draws
GENERATOR = np.random.default_rng(0)
X = GENERATOR.uniform(size=(5, *families.SHAPE)).astype(np.float32)
Z = GENERATOR.normal(size=(7, families.LATENT)).astype(np.float32)


def called_elsewhere(folder, families_there, x=X, z=Z):
    """Family -> what its endpoints gave in a process that cannot import zoo."""
    np.savez(folder / "inputs.npz", x=x, z=z, num_samples=NUM_SAMPLES, seed=SEED)
    subprocess.run([sys.executable, "-I", PROGRAM, folder], cwd=folder, env={}, check=True, capture_output=True)
    return {family: dict(np.load(folder / f"{family}.npz")) for family in families_there}


@pytest.fixture(scope="module")
def elsewhere(exported):
    for family in families.MODELS:
        exported.path(family)
    return called_elsewhere(exported.folder, families.MODELS)


@pytest.fixture(params=families.MODELS)
def family(request):
    return request.param


def assert_the_models_own(found, model, x, z):
    """Returns the names of the endpoints that were compared."""
    found = {name: value for name, value in found.items() if not name.startswith("signature:")}
    expected = families.expected(model, x, z, NUM_SAMPLES, SEED)
    expected |= {"call": expected["generate"], "serving_default": expected["generate"]}
    assert found.keys() == {*expected, "variables"}
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-6, atol=1e-6, err_msg=name)
        assert found[name].dtype == np.float32
    return {name.partition("/")[0] for name in expected} - {"call", "serving_default"}


def test_endpoints_elsewhere_are_the_models_own(exported, elsewhere, family):
    assert assert_the_models_own(elsewhere[family], exported.model(family), X, Z) == families.ENDPOINTS[family]


@pytest.mark.slow  # some fifty exports
def test_every_part_of_the_zoo_can_be_exported(tmp_path):
    models = {name: make() for name, make in families.every_part().items()}
    for name, model in models.items():
        export(model, tmp_path / name)
    vectors = [name for name in models if models[name].event_shape == (4,)]
    images = [name for name in models if name not in vectors]
    shapes = {"vectors": (vectors, (5, 4)), "images": (images, (5, 16, 16, 1))}
    z = np.random.default_rng(1).normal(size=(7, 3)).astype(np.float32)
    for folder, (names, shape) in shapes.items():
        (tmp_path / folder).mkdir()
        for name in names:
            (tmp_path / name).rename(tmp_path / folder / name)
        x = np.random.default_rng(2).uniform(size=shape).astype(np.float32)
        found = called_elsewhere(tmp_path / folder, names, x, z)
        for name in names:
            load(tmp_path / folder / name)
            assert_the_models_own(found[name], models[name], x, z)


def test_signatures_are_the_attributes(elsewhere, family):
    signed = {name: value for name, value in elsewhere[family].items() if name.startswith("signature:")}
    assert {name.partition(":")[2].partition("/")[0] for name in signed} == families.ENDPOINTS[family]
    for name, value in signed.items():
        np.testing.assert_array_equal(value, elsewhere[family][name.partition(":")[2]], err_msg=name)


def test_the_root_holds_the_models_variables(exported, family):
    loaded, model = exported.loaded(family), exported.model(family)
    for name in ("variables", "trainable_variables"):
        saved, own = getattr(loaded, name), getattr(model, name)
        assert len(saved) == len(own) > 0
        for one, other in zip(saved, own, strict=True):
            np.testing.assert_array_equal(one, other)
    assert list(loaded.regularization_losses) == []


def test_any_batch_gives_the_same_rows(exported, family):
    """But for noise: of that, only the first row's is the same for every batch."""
    loaded = exported.loaded(family)
    calls = {"generate": Z, "reconstruct": X, "elbo": X, "log_prob": X, "decoder": Z, "encoder": X}
    for name in calls.keys() & (families.ENDPOINTS[family] | {"decoder"}):
        endpoint = getattr(loaded, name)
        arguments = (20,) if name == "log_prob" else ()
        whole = endpoint(calls[name], *arguments)
        np.testing.assert_allclose(endpoint(calls[name][:1], *arguments), whole[:1], rtol=1e-5, atol=1e-5, err_msg=name)
    if "encode" in families.ENDPOINTS[family]:
        np.testing.assert_allclose(loaded.encoder(X[2:3]), loaded.encoder(X)[2:3], rtol=1e-5, atol=1e-5)


def test_random_numbers_are_a_function_of_the_seed(exported):
    loaded = exported.loaded("ehm")
    endpoints = {
        "encode": lambda *seed: loaded.encode(X, *seed)["sample"],
        "sample": lambda *seed: loaded.sample(6, *seed),
        "elbo": lambda *seed: loaded.elbo(X, *seed),
        "log_prob": lambda *seed: loaded.log_prob(X, 4, *seed),
    }
    for name, endpoint in endpoints.items():
        tf.random.set_seed(1)
        first = endpoint(5)
        tf.random.set_seed(2)
        np.testing.assert_array_equal(endpoint(5), first, err_msg=name)
        np.testing.assert_array_equal(endpoint(), endpoint(0), err_msg=name)
        assert np.abs(endpoint(6) - first).max() > 1e-3, name
    encoded = loaded.encode(X)
    assert np.abs(encoded["sample"] - encoded["loc"]).max() > 1e-3


@pytest.mark.parametrize(("posterior", "outputs"), [("bernoulli", {"probs", "sample"}), ("deterministic", {"sample"})])
def test_the_posteriors_family_names_what_encode_gives(tmp_path, posterior, outputs):
    model = families.with_posterior(posterior)
    export(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    found = loaded.encode(X)
    assert found.keys() == outputs
    own = model.posterior(X)
    np.testing.assert_allclose(found.get("probs", found["sample"]), own.mean(), rtol=1e-6, atol=1e-6)
    assert np.isin(found["sample"], (0.0, 1.0)).all() == (posterior == "bernoulli")


@pytest.mark.parametrize("endpoint", ["encode", "elbo", "log_prob"])
def test_it_can_be_trained_on(exported, endpoint):
    """TensorFlow silently gives gradients of 0 for some functions once they are loaded, such as a loop within a loop."""
    loaded = load(exported.path("vae"))
    losses = {
        "encode": lambda: tf.reduce_mean(loaded.encode(X)["loc"] ** 2),
        "elbo": lambda: -tf.reduce_mean(loaded.elbo(X)),
        "log_prob": lambda: -tf.reduce_mean(loaded.log_prob(X, 4)),
    }
    variables = list(loaded.trainable_variables)
    with tf.GradientTape() as tape:
        before = losses[endpoint]()
    gradients = tape.gradient(before, variables)
    reached = [variable for variable, gradient in zip(variables, gradients, strict=True) if gradient is not None]
    assert len(reached) == (4 if endpoint == "encode" else 8)  # of the encoder, and of the decoder too
    keras.optimizers.SGD(1e-3).apply([g for g in gradients if g is not None], reached)
    assert losses[endpoint]() < before


def test_gradients_of_the_bound_are_those_of_the_model(exported):
    model, loaded = exported.model("vae"), load(exported.path("vae"))
    own, seed = endpoints.functions(model)["log_prob"], tf.constant(SEED)
    norms = []
    weights = [variable.value for variable in model.trainable_variables]
    for function, variables in ((own, weights), (loaded.log_prob, list(loaded.trainable_variables))):
        with tf.GradientTape() as tape:
            total = tf.reduce_sum(function(X, tf.constant(NUM_SAMPLES), seed))
        norms.append(sorted(float(tf.norm(gradient)) for gradient in tape.gradient(total, variables)))
    np.testing.assert_allclose(norms[1], norms[0], rtol=1e-5)
    assert min(norms[0]) > 0


PENALTY = """
import sys
import numpy as np, tensorflow as tf
loaded, x = tf.saved_model.load(sys.argv[1]), tf.constant(np.load(sys.argv[2]))
with tf.GradientTape() as outer:
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(loaded.critic(x=x, training=True))
    penalty = tf.reduce_sum((tf.norm(tf.reshape(tape.gradient(value, x), [len(x), -1]), axis=1) - 1) ** 2)
print(*(float(tf.norm(g)) for g in outer.gradient(penalty, loaded.critic.trainable_variables) if g is not None))
"""


def test_a_loaded_critic_can_have_a_gradient_penalty(tmp_path):
    """In a process that does not know the gradients which its layers had here."""
    dcgan = {"name": "dcgan", "width": 4}
    critic = {"approximators": {"log_q_x": {"name": "wasserstein", "network": dcgan}}}
    model = zoo.build(zoo.experiment(data={}, training={}, model=families.GAN | critic), event_shape=families.SHAPE)
    export(model, tmp_path / "model")
    np.save(tmp_path / "x.npy", X)
    command = [sys.executable, "-c", PENALTY, str(tmp_path / "model"), str(tmp_path / "x.npy")]
    found = subprocess.run(command, cwd=tmp_path, env={}, check=True, capture_output=True, text=True)
    assert "custom gradients" not in found.stderr
    network = model.approximators["log_q_x"].network
    weights = [variable.value for variable in network.trainable_variables]
    with tf.GradientTape() as outer:
        with tf.GradientTape() as tape:
            tape.watch(x := tf.constant(X))
            value = tf.reduce_sum(network(x, training=True))
        penalty = tf.reduce_sum((tf.norm(tf.reshape(tape.gradient(value, x), [len(X), -1]), axis=1) - 1) ** 2)
    own = [float(tf.norm(gradient)) for gradient in outer.gradient(penalty, weights) if gradient is not None]
    # Biases have none: no number here, zeros there.
    elsewhere = [norm for norm in map(float, found.stdout.split()) if norm]
    np.testing.assert_allclose(sorted(elsewhere), sorted(own), rtol=1e-4)


def test_regularization_losses_are_those_of_the_weights(tmp_path):
    model = families.build("vae")
    kernel = model.decoder.trainable_variables[0]
    kernel.regularizer = keras.regularizers.L2(0.1)
    export(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    (loss,) = loaded.regularization_losses
    np.testing.assert_allclose(loss(), 0.1 * np.sum(np.square(kernel)), rtol=1e-6)
    before = loss()
    next(v for v in loaded.variables if v.shape == kernel.shape).assign(2 * kernel)
    np.testing.assert_allclose(loss(), 4 * before, rtol=1e-6)


def test_calling_it_changes_no_variable(exported, family):
    loaded = exported.loaded(family)
    before = [variable.numpy() for variable in loaded.variables]
    tensors = {"x": X, "z": Z[: len(X)], "num_samples": 2, "seed": 0}
    for name, signature in loaded.signatures.items():
        signature(**{key: tf.constant(tensors[key]) for key in signature.structured_input_signature[1]})
        for variable, value in zip(loaded.variables, before, strict=True):
            np.testing.assert_array_equal(variable, value, err_msg=name)


def test_without_preprocessing_x_passes_as_it_is(tmp_path, exported):
    model = exported.model("vae")
    preprocessing, model.model.preprocessing = model.preprocessing, None
    export(model, tmp_path / "model")
    loaded = load(tmp_path / "model")
    np.testing.assert_allclose(loaded.reconstruct(X), model.reconstruct(X), rtol=1e-6, atol=1e-6)
    model.model.preprocessing = preprocessing


def test_no_samples_are_refused(exported):
    loaded = exported.loaded("vae")
    with pytest.raises(tf.errors.InvalidArgumentError, match="num_samples must be at least 1"):
        loaded.log_prob(X, 0)


# What is taken for x.

OF_IMAGES = ("encode", "reconstruct", "log_p_x_given_z", "log_q_z_given_x", "elbo", "log_prob", "encoder", "critic")


def call(loaded, name, x):
    more = {"log_p_x_given_z": (Z[: len(x)],), "log_q_z_given_x": (Z[: len(x)],), "log_prob": (2,)}
    return getattr(loaded, name)(x, *more.get(name, ()))


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.float32, np.float64])
@pytest.mark.parametrize("family", ["batch_normalized", "vae_bernoulli"])
def test_grey_levels_are_refused_in_every_type(exported, family, kind):
    """Of a likelihood on real numbers, and of one on the unit range; as arrays, which TensorFlow casts, and as tensors."""
    loaded, levels = exported.loaded(family), np.round(255 * X).astype(kind)
    for name in OF_IMAGES:
        if hasattr(loaded, name):
            with pytest.raises((tf.errors.InvalidArgumentError, TypeError, ValueError)) as caught:
                call(loaded, name, levels)
            if isinstance(caught.value, tf.errors.InvalidArgumentError):
                assert "images must be in [0, 1]; divide grey levels by their largest, as 255" in str(caught.value)
    with pytest.raises((tf.errors.InvalidArgumentError, TypeError)):
        loaded.encode(tf.constant(levels))


@pytest.mark.parametrize(
    ("value", "family"), [(1.01, "vae_bernoulli"), (-0.01, "vae_bernoulli"), (34.0, "vae"), (-33.0, "vae")]
)
def test_one_value_out_of_range_is_refused(exported, family, value):
    x = X.copy()
    x[3, 2, 1, 0] = value
    with pytest.raises(tf.errors.InvalidArgumentError, match="images must be in"):
        exported.loaded(family).encode(x)


def test_what_the_model_draws_is_taken(exported):
    """Of normals, values beyond [0, 1]; of Bernoulli variables, 0 and 1; an empty batch; means that were rounded."""
    for family in ("vae", "vae_bernoulli"):
        loaded = exported.loaded(family)
        drawn = loaded.draw(np.repeat(Z, 100, 0))
        assert (np.max(drawn) > 1.5) == (family == "vae")
        assert np.isfinite(loaded.encode(drawn)["loc"]).all()
        assert loaded.encode(X[:0])["loc"].shape == (0, families.LATENT)
    assert exported.loaded("vae_bernoulli").encode(X + np.float32(1e-4))["loc"].shape == (5, families.LATENT)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("family", [pytest.param("as_vae", marks=pytest.mark.slow), "helmholtz_machine"])
def test_a_model_in_float64_has_endpoints_in_float32(tmp_path, family):
    model = families.build(family)
    assert set(export(model, tmp_path / "model")) == families.ENDPOINTS[family]
    loaded = load(tmp_path / "model")
    assert {variable.dtype for variable in loaded.variables if variable.dtype.is_floating} == {tf.float64}
    for name, signature in loaded.signatures.items():
        given = {"x": X, "z": Z[: len(X)], "num_samples": np.int32(2), "seed": np.int32(0)}
        found = signature(**{key: tf.constant(given[key]) for key in signature.structured_input_signature[1]})
        assert {value.dtype for value in found.values()} == {tf.float32}, name
    z = Z[: len(X)].astype(np.float64)
    x = model.preprocessing.from_unit(tf.constant(X, tf.float64))
    np.testing.assert_allclose(loaded.generate(Z[: len(X)]), model.preprocessing.to_unit(model.generate(z)), rtol=1e-6)
    np.testing.assert_allclose(loaded.log_q_z_given_x(X, z), model.posterior(x).log_prob(z), rtol=1e-6)
    np.testing.assert_allclose(loaded.encoder(X, training=False), load(tmp_path / "model").encoder(X), rtol=1e-6)
