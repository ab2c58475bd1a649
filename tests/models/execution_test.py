"""How `fit` runs the steps: any number of them in an execution, by XLA or not, once or twice, with the same result."""

import numpy as np
import pytest
import tensorflow as tf

from tests.models import tiny

STEPS, BATCH = 10, 8
NOISELESS = "tests.models.noiseless"
CLIPPED = {"log_q_x": {"name": "wasserstein", "network": tiny.MLP, "constraint": "clip", "clip": 0.5}}


def dataset(batches=STEPS):
    """As many different batches."""
    x = np.random.default_rng(0).normal(size=(batches * BATCH, *tiny.VECTOR)).astype("float32")
    return tf.data.Dataset.from_tensor_slices(x).batch(BATCH, drop_remainder=True)


def state(model):
    """All there is to resume from: weights, and the optimizers' slots."""
    groups = [model.variables, *(optimizer.variables for optimizer in model.training_step.optimizers.values())]
    return [variable.numpy() for variables in groups for variable in variables]


def trained(objective="extended_helmholtz", steps_per_execution=1, jit_compile="off", **options):
    """(state, what was shown) after STEPS steps by `fit`."""
    training = {"steps_per_execution": steps_per_execution, "jit_compile": jit_compile, "seed": 3}
    model = tiny.build(objective, training=training, **options)
    history = model.fit(dataset(), steps_per_epoch=STEPS, verbose=0, shuffle=False).history
    assert int(model.step) == STEPS
    return state(model), {name: values[-1] for name, values in history.items()}


def assert_equal(one, other):
    for a, b in zip(one[0], other[0], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def plain():
    """One step an execution, no XLA."""
    return trained()


def test_two_runs_are_bit_equal(plain):
    again = trained()
    assert_equal(plain, again)
    assert plain[1] == again[1]


@pytest.mark.parametrize("steps", [5, 10])
def test_any_number_of_steps_in_an_execution_is_bit_equal(plain, steps):
    several = trained(steps_per_execution=steps)
    assert_equal(plain, several)
    for name, value in plain[1].items():
        # Means of float32 sums that are taken in another order.
        np.testing.assert_allclose(several[1][name], value, rtol=1e-5, atol=1e-6, err_msg=name)


def test_what_is_shown_is_the_mean_over_the_steps():
    """By `fit`, against the same steps taken one by one."""
    _, shown = trained()
    model = tiny.build("extended_helmholtz", training={"seed": 3})
    steps = [model.train_step(x) for x in dataset()]
    for name, value in shown.items():
        np.testing.assert_allclose(value, np.mean([step[name] for step in steps]), rtol=1e-4, atol=1e-5, err_msg=name)
    # And of a new epoch, not of all since the start.
    history = model.fit(dataset(), steps_per_epoch=2, epochs=2, verbose=0, shuffle=False).history
    del history["skipped_updates"]  # always 0
    assert all(values[0] != values[1] for values in history.values())


def test_more_steps_in_an_execution_are_bit_equal_under_xla_too():
    assert_equal(*(trained("vae", steps_per_execution=steps, jit_compile="on") for steps in (2, 5)))


def test_xla_computes_the_same():
    """XLA draws other samples from one seed, so these are parts that draw none, and a critic whose loss draws none."""
    parts = {"posterior": NOISELESS, "likelihood": NOISELESS, "prior": NOISELESS, "approximators": CLIPPED}
    # Plain descent: Adam divides by a root that is 0 at first, and would enlarge the rounding.
    options = {"optimizers": tiny.sgd(0.05), "steps_per_execution": 5, **parts}
    one, other = (trained(jit_compile=jit_compile, **options) for jit_compile in ("off", "on"))
    for a, b in zip(one[0], other[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-5)
    for name, value in one[1].items():
        np.testing.assert_allclose(other[1][name], value, rtol=1e-4, atol=1e-5, err_msg=name)
    # They did learn: neither half of the comparison stood still.
    fresh = tiny.build("extended_helmholtz", training={"seed": 3}, **parts)
    assert any(np.abs(a - b).max() > 1e-2 for a, b in zip(one[0], state(fresh), strict=False))


def test_another_seed_starts_from_other_weights_and_draws_other_noise():
    models = [tiny.build("vae", training={"seed": seed}) for seed in (3, 4)]
    assert not np.array_equal(models[0].get_weights()[0], models[1].get_weights()[0])
    models[1].set_weights(models[0].get_weights())
    (x,) = dataset(1)
    shown = [model.train_step(x)["wake/prior"] for model in models]
    assert shown[0] != shown[1]


@pytest.mark.filterwarnings("ignore:.*ran out of data.*")
@pytest.mark.parametrize("jit_compile", ["off", "on"])
def test_an_iterator_that_ends_inside_an_execution_changes_nothing(jit_compile):
    """Three executions of five steps from twelve batches: the third does not happen, rather than happen by half."""
    runs = []
    for batches, asked in ((12, 15), (10, 10)):
        model = tiny.build("vae", training={"steps_per_execution": 5, "jit_compile": jit_compile})
        model.fit(dataset(batches), steps_per_epoch=asked, verbose=0, shuffle=False)
        runs.append((state(model), None))
        assert int(model.step) == 10
    assert_equal(*runs)


@pytest.mark.parametrize(("batches", "steps_per_execution"), [(12, 5), (13, 100), (31, 30), (7, 1)])
def test_an_epoch_that_is_no_whole_number_of_executions_trains_on_every_batch(batches, steps_per_execution):
    runs = []
    for steps in (steps_per_execution, 1):
        model = tiny.build("vae", training={"steps_per_execution": steps})
        model.fit(dataset(batches), epochs=2, verbose=0, shuffle=False)
        runs.append((state(model), None))
        assert int(model.step) == 2 * batches
        assert model.steps_per_execution == steps
    assert_equal(*runs)


@pytest.mark.parametrize("jit_compile", ["off", pytest.param("on", marks=pytest.mark.slow)])
def test_a_last_batch_may_be_smaller_and_data_may_be_arrays(jit_compile):
    """Seven examples in batches of three: three steps an epoch, the last on one example."""
    x = np.random.default_rng(0).normal(size=(7, *tiny.VECTOR)).astype("float32")
    runs = []
    for given in (tf.data.Dataset.from_tensor_slices(x).batch(3), x):
        model = tiny.build("vae", training={"steps_per_execution": 4, "jit_compile": jit_compile})
        model.fit(given, epochs=2, verbose=0, shuffle=False, **({"batch_size": 3} if given is x else {}))
        assert int(model.step) == 6
        runs.append((state(model), None))
    assert_equal(*runs)


def test_a_mask_leaves_examples_out_of_an_evaluation():
    model = tiny.build("vae")
    x = np.random.default_rng(0).normal(size=(6, *tiny.VECTOR)).astype("float32")
    kept = x.copy()
    kept[4:] = 7.0  # what a mask hides does not matter
    masks = np.array([1, 1, 1, 1, 0, 0], "float32")
    by_mask = [
        model.evaluate(tf.data.Dataset.from_tensors({"x": values, "mask": masks}), verbose=0, return_dict=True)
        for values in (x, kept)
    ]
    assert by_mask[0] == by_mask[1]
    every = model.evaluate(tf.data.Dataset.from_tensors(x), verbose=0, return_dict=True)
    assert every["negative_elbo"] != by_mask[0]["negative_elbo"]
    terms = by_mask[0]
    np.testing.assert_allclose(terms["negative_elbo"], terms["distortion"] + terms["rate"], rtol=1e-6)


def test_each_batch_of_an_evaluation_has_noise_of_its_own_and_the_same_each_time():
    model, x = tiny.build("vae"), np.ones((4, *tiny.VECTOR), np.float32)
    once, twice = (tf.data.Dataset.from_tensors(x).repeat(times) for times in (1, 2))
    found = [model.evaluate(split, verbose=0, return_dict=True)["negative_elbo"] for split in (once, twice, once, twice)]
    assert found[:2] == found[2:]
    assert abs(found[0] - found[1]) > 1e-4


def test_an_evaluation_is_a_mean_over_examples_whatever_the_batches():
    """Five examples in batches of 2, 2 and 1: of a posterior without noise, each counts the same."""
    model = tiny.build("vae", posterior=NOISELESS)
    x = np.random.default_rng(0).normal(size=(5, *tiny.VECTOR)).astype("float32")
    split = tf.data.Dataset.from_tensor_slices(x).batch(2)
    found = model.evaluate(split, verbose=0, return_dict=True)
    pair = model.log_densities(tf.constant(x), model.posterior(tf.constant(x)).mean())
    by_hand = -np.mean(pair.log_p_x_given_z + pair.log_p_z - pair.log_q_z_given_x)
    np.testing.assert_allclose(found["negative_elbo"], by_hand, rtol=1e-5)
