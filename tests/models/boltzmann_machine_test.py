"""Boltzmann machines against exact sums over all states of small ones.

Where a frequency of N draws is compared with a probability p, five standard errors are 5 sqrt(p (1 - p) / N).
"""

import itertools

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.models import tiny
from zoo.config import ConfigError
from zoo.data import bars
from zoo.samplers import partition

SEED = [3, 4]
MACHINES = {
    "restricted": {},
    "coupled_codes": {"hidden_couplings": True},
    "coupled_visible": {"visible_couplings": True},
    "general": {"visible_couplings": True, "hidden_couplings": True},
}
VISIBLE, HIDDEN = 4, 3


def states(units):
    """All of them, [2^units, units]."""
    return np.array(list(itertools.product((0.0, 1.0), repeat=units)))


def build(**options):
    """A tiny machine whose weights are of the size of 1, in the current dtype, without optimizer noise."""
    model = tiny.build("contrastive_divergence", joint=options, optimizers=tiny.sgd(1.0))
    generator = np.random.default_rng(0)
    for variable in model.model.trainable_variables:
        variable.assign(generator.normal(size=variable.shape))
    return model


def table(machine):
    """f at every (x, z) by its definition, written out unit by unit: float64 [2^visible, 2^hidden]."""
    x, z = states(VISIBLE), states(HIDDEN)
    weights, (b, c) = machine.weights_between.numpy(), (bias.numpy() for bias in machine.biases)
    f = x @ weights @ z.T + (x @ b)[:, None] + z @ c
    for couplings, units, axis in zip(machine.couplings, (x, z), ((slice(None), None), (None, slice(None))), strict=True):
        if couplings is not None:
            pairs = itertools.combinations(range(units.shape[1]), 2)
            f += sum(couplings.numpy()[i, j] * units[:, i] * units[:, j] for i, j in pairs)[axis]
    return f


def softmax(f):
    return np.exp(f - f.max()) / np.exp(f - f.max()).sum()


@pytest.fixture(params=MACHINES)
def model(request, float64):
    return build(**MACHINES[request.param])


def test_the_energy_is_its_definition_and_log_z_its_sum(model):
    machine = model.model.machine
    f, joint = table(machine), machine.joint()
    x, z = (tf.constant(states(n)) for n in (VISIBLE, HIDDEN))
    found = [[float(joint.log_joint(x[i : i + 1], z[j : j + 1])[0]) for j in range(len(z))] for i in range(len(x))]
    np.testing.assert_allclose(found, f, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(partition.enumerated(joint), np.log(np.exp(f).sum()), rtol=1e-12)
    if machine.sums_codes:
        np.testing.assert_allclose(model.unnormalized_log_p(x), np.log(np.exp(f).sum(1)), rtol=1e-12)
    if machine.couplings[0] is None:
        np.testing.assert_allclose(joint.log_marginal_of_codes(z), np.log(np.exp(f).sum(0)), rtol=1e-12)


def test_a_sweep_keeps_the_joint(model):
    """Chains that start from P(x, z) are of it after a sweep; drawn together, coupled units would not be."""
    p, count = softmax(table(model.model.machine)).ravel(), 100_000
    chosen = np.random.default_rng(1).choice(p.size, size=count, p=p)
    x, z = states(VISIBLE)[chosen // 2**HIDDEN], states(HIDDEN)[chosen % 2**HIDDEN]
    x, z = model.model.machine.joint().sweep(tf.constant(x), tf.constant(z), SEED)
    bits = 2 ** np.arange(VISIBLE + HIDDEN)[::-1]
    found = np.bincount((np.concatenate([x, z], 1) @ bits).astype(int), minlength=p.size) / count
    assert np.all(np.abs(found - p) <= 5 * np.sqrt(p * (1 - p) / count) + 1 / count)
    assert np.mean(np.any(x.numpy() != states(VISIBLE)[chosen // 2**HIDDEN], 1)) > 0.1  # and they have moved


def exact_gradient(machine, data):
    """The gradient of the mean of -log P(x) under data [2^visible], by the trainable weights: of f's definition."""
    p = softmax(table(machine))
    given = p / p.sum(1, keepdims=True)
    difference = p - data[:, None] * given  # of P and Q, [x, z]: d(-log P) = E_P[df] - E_Q[df]
    x, z = states(VISIBLE), states(HIDDEN)
    of = {
        "weights": x.T @ difference @ z,
        "visible_bias": difference.sum(1) @ x,
        "hidden_bias": difference.sum(0) @ z,
        "visible_couplings": np.triu(x.T @ np.diag(difference.sum(1)) @ x, 1),
        "hidden_couplings": np.triu(z.T @ np.diag(difference.sum(0)) @ z, 1),
    }
    return [of[variable.name] for variable in machine.trainable_variables]


def test_the_two_phases_have_the_likelihoods_gradient(model):
    """With P(x, z) itself in the sleep phase, and P(z|x) in the wake phase."""
    machine = model.model.machine
    data, p = np.random.default_rng(2).dirichlet(np.ones(2**VISIBLE)), softmax(table(machine))
    x, z = (np.repeat(states(VISIBLE), 2**HIDDEN, 0), np.tile(states(HIDDEN), (2**VISIBLE, 1)))
    q = (data[:, None] * p / p.sum(1, keepdims=True)).ravel()
    module = model.training_step.objective
    with tf.GradientTape() as tape:
        at = model.log_densities(tf.constant(x), tf.constant(z))
        loss = tf.reduce_sum(q * module.loss("wake", at, 0)) + tf.reduce_sum(p.ravel() * module.loss("sleep", at, 0))
    found = tape.gradient(loss, [variable.value for variable in machine.trainable_variables])
    for ours, exact in zip(found, exact_gradient(machine, data), strict=True):
        np.testing.assert_allclose(ours, exact, rtol=1e-10, atol=1e-12)


def test_contrastive_divergence_tends_to_the_likelihood_and_rests_at_the_truth(float64):
    """By the exact kernel of a sweep, made of the machine's own conditionals: CD-k over all data and all chains."""
    model = build()
    machine, x, z = model.model.machine, tf.constant(states(VISIBLE)), tf.constant(states(HIDDEN))
    to_z = np.exp([model.posterior(tf.repeat(x[i : i + 1], len(z), 0)).log_prob(z) for i in range(len(x))])
    to_x = np.exp([model.likelihood(tf.repeat(z[j : j + 1], len(x), 0)).log_prob(x) for j in range(len(z))])
    data, exact = np.random.default_rng(2).dirichlet(np.ones(len(x))), None

    def update(data, k):
        last = data @ np.linalg.matrix_power(to_z @ to_x, k)
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((last - data) * model.unnormalized_log_p(x))
        return np.concatenate([g.numpy().ravel() for g in tape.gradient(loss, [v.value for v in machine.trainable_variables])])

    exact = np.concatenate([g.ravel() for g in exact_gradient(machine, data)])
    errors = [np.abs(update(data, k) - exact).max() for k in (1, 10, 1000)]
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-10 < 1e-3 < errors[0]
    truth = softmax(table(machine)).sum(1)
    np.testing.assert_allclose(update(truth, 1), 0, atol=1e-12)


def test_a_normal_layer_is_the_integral_over_it(float64):
    """log_sum on a grid of one unit; the mean and the density of P(x|z)."""
    model = build(visible="normal", scale=0.7)
    joint, z = model.model.machine.joint(), tf.constant(states(HIDDEN))
    grid = np.linspace(-30, 30, 60_001)
    own = -((grid - joint.visible.bias.numpy()[:, None]) ** 2) / (2 * 0.7**2)
    f = own[None] + joint.to_visible(z).numpy()[:, :, None] * grid / 0.7
    sums = np.log(np.exp(f).sum(2) * (grid[1] - grid[0])).sum(1)
    np.testing.assert_allclose(joint.visible.log_sum(joint.to_visible(z)), sums, rtol=1e-10)
    np.testing.assert_allclose(model.generate(z), (np.exp(f) * grid).sum(2) / np.exp(f).sum(2), rtol=1e-8, atol=1e-10)
    drawn = joint.visible.draw(tf.repeat(joint.to_visible(z)[3:4], 100_000, 0), None, SEED)
    np.testing.assert_allclose(drawn.numpy().mean(0), model.generate(z)[3], atol=5 * 0.7 / 100_000**0.5)
    np.testing.assert_allclose(drawn.numpy().std(0), 0.7, atol=5 * 0.7 / 200_000**0.5)
    x = np.random.default_rng(0).normal(size=(len(z), VISIBLE))
    given = joint.log_joint(x, z) - joint.log_marginal_of_codes(z)
    np.testing.assert_allclose(model.likelihood(z).log_prob(x), given, rtol=1e-10)


def test_codes_of_coupled_units_are_their_conditional_means(float64):
    """Of 200 sweeps in each of 400 chains: five standard errors as if a sweep in ten were a draw of its own."""
    model = build(hidden_couplings=True)
    x = states(VISIBLE)[[5]]
    f = table(model.model.machine)[5]
    exact = softmax(f) @ states(HIDDEN)
    assert not model.has_posterior
    with pytest.raises(ValueError, match="coupled"):
        model.posterior(x)
    found = model.hidden_mean(tf.constant(np.repeat(x, 400, 0))).numpy().mean(0)
    np.testing.assert_allclose(found, exact, atol=5 * 0.5 / (400 * 20) ** 0.5)


def test_persistent_chains_move_on_and_are_part_of_the_weights():
    model = build(gibbs_steps=2)
    machine = model.model.machine
    x = tf.constant(states(VISIBLE)[:8], "float32")
    before, f = [chain.numpy() for chain in machine.chains], model.unnormalized_log_p(machine.chains[0].numpy())
    shown = model.train_step(x)
    after = [chain.numpy() for chain in machine.chains]
    assert all(np.any(a != b) for a, b in zip(before, after, strict=True))
    assert set(np.unique(after[0])) <= {0.0, 1.0}
    assert not np.allclose(f.numpy().mean(), shown["sleep/loss"])  # the loss is that of the chains after they have moved
    assert {variable.path for variable in machine.chains} <= {variable.path for variable in model.model.non_trainable_variables}


def test_contrastive_divergence_starts_from_the_data():
    """With weights that hold a unit where it is, chains from the data stay there."""
    model = build(chains=0, gibbs_steps=3)
    machine = model.model.machine
    machine.weights_between.assign(np.eye(VISIBLE, HIDDEN) * 200)
    machine.biases[0].assign([-100.0, -100.0, -100.0, 50.0])
    machine.biases[1].assign([-100.0] * HIDDEN)
    x = tf.constant([[0, 1, 1, 1], [1, 0, 1, 1]] * 4, "float32")
    pairs = model.training_step.pairs(x, lambda word: [0, 1])
    np.testing.assert_array_equal(pairs["sleep"].x, x)
    np.testing.assert_array_equal(pairs["sleep"].z, x[:, :HIDDEN])


@pytest.mark.slow
def test_a_run_that_was_stopped_goes_on_with_its_chains(tmp_path):
    def run(folder, *steps):
        for last in steps:
            changes = {"training.steps": last, "training.log_every": 5, "training.steps_per_execution": 5}
            zoo.train(zoo.start_from("boltzmann_machine_bars", changes), tmp_path / folder)
        return zoo.restore(tmp_path / folder).model

    for one, other in zip(run("whole", 10).variables, run("halves", 5, 10).variables, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=one.path)


REFUSED = {
    "visible.* one of": {"joint": {"visible": "ternary"}},
    "normal units are not coupled": {"joint": {"visible": "normal", "visible_couplings": True}},
    "chains >= 0": {"joint": {"chains": -1}},
    "takes the place of config.model.likelihood": {"likelihood": "bernoulli"},
    "takes the place of config.model.prior": {"prior": "standard_normal"},
    "needs log_p_x_given_z|needs log_p_z": {"objective": "wake_sleep"},
    "config.model.noise_x": {"noise_x": 0.1},
    "micro_batches": {"training": {"micro_batches": 2}},
}


@pytest.mark.parametrize(("reason", "given"), REFUSED.items(), ids=REFUSED)
def test_what_does_not_go_with_a_joint_is_refused_in_one_line(reason, given):
    given = dict(given)
    objective = given.pop("objective", "contrastive_divergence")
    with pytest.raises(ConfigError, match=reason) as refused:
        zoo.build(tiny.joint_experiment(objective, **given), event_shape=tiny.VECTOR)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("visible", "binarization"), [("binary", "none"), ("normal", "threshold")])
def test_units_and_data_go_together(visible, binarization):
    config = zoo.experiment(
        data={"binarization": binarization}, model={"joint": {"name": "boltzmann_machine", "visible": visible}}, training={}
    )
    with pytest.raises(ConfigError, match=r"config\.model\.joint\.visible: (binary|normal) units [^\n]*$"):
        zoo.build(config, event_shape=tiny.VECTOR)


def negative_log_likelihood(model):
    """The mean of -log P(x) over the known distribution of bars, in nats; its least value is their entropy, 3.379."""
    images, p = bars.table()
    log_z = partition.enumerated(model.model.machine.joint())
    return float(p @ (log_z - model.unnormalized_log_p(tf.constant(images, "float32")).numpy()))


def trained_on_bars(steps, **joint):
    changes = {f"model.joint.{name}": value for name, value in joint.items()}
    model = zoo.build(zoo.start_from("boltzmann_machine_bars", changes))
    first = []
    for start in range(0, steps, 4000):
        batches = model.data.batches("train", 100, seed=0, start_step=start)
        model.fit(batches, steps_per_epoch=4000, shuffle=False, verbose=0)
        first.append(negative_log_likelihood(model))
    return first


@pytest.mark.slow
def test_persistent_chains_learn_bars():
    found = trained_on_bars(20_000)
    print(f"-log P(x) with persistent chains, every 4,000 steps: {found}")
    assert 3.379 <= found[-1] <= 3.379 + 0.2


@pytest.mark.slow
def test_contrastive_divergence_of_one_step_stalls_and_diverges():
    found = trained_on_bars(20_000, chains=0, gibbs_steps=1)
    print(f"-log P(x) with CD-1, every 4,000 steps: {found}")
    assert min(found) > 3.379 + 0.2
    assert found[-1] > min(found)
