"""SVRG: without bias on its finite sum, by enumeration; no variance at the snapshot; what it reaches; what it refuses."""

import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.models import tiny
from tests.variance_reduction.reducing import BATCH, EXAMPLES, build, dataset, over_the_bank, perturb
from zoo import registry
from zoo.interface import keras_file
from zoo.models.step import Step
from zoo.training.checkpoints import Checkpoints

BATCHES = EXAMPLES // BATCH
CRITIC = {"name": "wasserstein", "network": tiny.MLP, "steps": 2}
LEAVING = {"name": "PiecewiseConstantDecay", "boundaries": (500,), "values": (0.5, 1.5)}
NORMALIZED = tiny.network("mlp", normalization="batch")
MODELS = {
    "EHM, two critic steps, batch normalization": (
        "extended_helmholtz",
        {"approximators": {"log_q_x": CRITIC}, "noise_x": 0.1, "encoder": NORMALIZED, "decoder": NORMALIZED},
    ),
    "a running state in the critic's loss": (
        "symmetric_vae",
        {"approximators": {"log_q_x": {"name": "self_normalized", "network": tiny.MLP, "estimator": "running"}}},
    ),
    "classes": ("vae", {"condition": "label", "num_classes": 2}),
}


@pytest.mark.parametrize("case", [pytest.param(c, marks=[pytest.mark.slow] * ("EHM" not in c)) for c in MODELS])
def test_it_has_no_bias_on_the_bank_and_no_variance_at_the_snapshot(float64, case):
    """The mean over all n batches, each with its noise, is that of the plain gradients; tolerances are of rounding."""
    objective, parts = MODELS[case]
    labels = np.arange(EXAMPLES) % 2 if "condition" in parts else None
    model = build(objective, {"name": "svrg", "every": 10}, data=dataset(labels=labels), **parts)
    step = model.training_step
    assert set(step.reduced) == set(model.networks())
    step.prepare(tf.distribute.get_strategy())
    here = over_the_bank(step)
    perturb(model)
    for name, (plain, corrected) in over_the_bank(step).items():
        assert plain.std(0).max() > 1e-3  # so that there is a variance
        assert corrected.std(0).max() > 1e-6
        np.testing.assert_allclose(corrected.mean(0), plain.mean(0), rtol=1e-9, atol=1e-10, err_msg=name)
    for name, (plain, corrected) in here.items():
        assert plain.std(0).max() > 1e-3
        np.testing.assert_allclose(corrected, np.tile(plain.mean(0), (len(corrected), 1)), atol=1e-10, err_msg=name)


@pytest.mark.slow
def test_a_schedule_of_the_objective_leaves_it_without_bias(float64):
    """The stale pass has the schedule's value of the snapshot, the live pass that of now."""
    k = {"name": "PolynomialDecay", "initial_learning_rate": 0.0, "end_learning_rate": 1.0, "decay_steps": 100}
    model = build({"name": "bridge", "k": k}, {"name": "svrg", "every": 100})
    model.training_step.prepare(tf.distribute.get_strategy())
    model.training_step.counter.assign(60)
    for plain, corrected in over_the_bank(model.training_step).values():
        np.testing.assert_allclose(corrected.mean(0), plain.mean(0), rtol=1e-9, atol=1e-10)


def test_no_slice_of_a_step_begins_where_a_variable_says():
    """XLA wants to know where a slice begins: it would compile the step anew for each value of the step's count."""
    model = build("vae", {"name": "svrg", "every": 10})
    step = model.training_step
    batch = {step.data.key("train"): tf.TensorSpec([BATCH], tf.int32)}
    graph = tf.function(step.train, autograph=False).get_concrete_function(batch).graph
    known = lambda op: op.type in ("Const", "Shape") or (op.inputs and all(known(value.op) for value in op.inputs))  # noqa: E731
    begins = [op.inputs[1].op for op in graph.get_operations() if op.type == "StridedSlice"]
    assert begins
    assert all(map(known, begins))


@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_alpha_takes_a_share_of_the_correction(float64, alpha):
    model = build("vae", {"name": "alpha_svrg", "every": 10, "alpha": alpha})
    model.training_step.prepare(tf.distribute.get_strategy())
    for plain, corrected in over_the_bank(model.training_step).values():
        # At the snapshot the stale gradients are the live ones.
        np.testing.assert_allclose(corrected, (1 - alpha) * plain + alpha * plain.mean(0), rtol=1e-9, atol=1e-12)


def test_the_stale_pass_moves_no_statistics_and_a_step_moves_them_once(float64):
    found = []
    for method in ({"name": "svrg", "every": 10}, ""):
        model = build("vae", method, encoder=NORMALIZED, decoder=NORMALIZED)
        step = model.training_step
        if method:
            step.prepare(tf.distribute.get_strategy())
            x, _ = step._batch(tf.constant(0))
        before = [variable.numpy() for variable in model.non_trainable_variables]
        if method:
            step._stale(*step._batch(tf.constant(0)))
            for variable, value in zip(model.non_trainable_variables, before, strict=True):
                np.testing.assert_array_equal(variable, value)
            step.at(tf.constant(0), zoo.models.updates.Updates(step))
        else:
            model.train_step(x)
        # Of the encoder alone: the decoder's depend on the noise of the step.
        found.append([v.numpy() for v in model.encoder.non_trainable_variables])
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert any(np.any(value != 0) for value in found[0])


RATE, STEPS = 0.02, 400


def distance_to_the_optimum(method):
    """How far from least squares the decoder of a linear model is, over where it began: a quadratic; all else stands still."""
    linear, fixed = tiny.network("mlp", hidden_sizes=()), {"name": "normal", "scale": "fixed"}
    model = build(
        "vae",
        method,
        encoder=linear,
        decoder=linear,
        posterior=fixed | {"initial_scale": 1e-6},
        likelihood=fixed | {"initial_scale": 0.5},
        optimizers=tiny.sgd(RATE) | {"encoder": {"name": "SGD", "learning_rate": 1e-30}},
        training={"steps_per_execution": 20},
    )
    x = model.data.splits["train"].array.astype(float)
    code = np.concatenate([model.posterior(x).mean(), np.ones((EXAMPLES, 1))], axis=1)
    best = np.linalg.lstsq(code, x, rcond=None)[0]
    away = lambda: np.linalg.norm(np.concatenate([*[v.numpy().reshape(-1, 4) for v in model.decoder.variables]]) - best)  # noqa: E731
    start = away()
    history = model.fit(model.data.batches("train", BATCH, seed=0), steps_per_epoch=STEPS, verbose=0).history
    return away() / start, history


def test_on_a_quadratic_it_converges_where_plain_descent_stalls(float64):
    """Each window shrinks the distance by a factor; plain descent ends where its noise keeps it."""
    reduced, history = distance_to_the_optimum({"name": "svrg", "every": 20})
    plain, _ = distance_to_the_optimum("")
    print(f"distance to the optimum over the first: plain {plain:.1e}, svrg {reduced:.1e}")
    assert reduced < 1e-4
    assert plain > 30 * reduced
    # What it costs: the live and the stale pass, and the bank's once in 20 steps.
    assert history["passes/forward"] == history["passes/backward"] == [pytest.approx(2 + BATCHES / 20)]


def test_snapshots_come_when_they_are_due_and_each_has_a_bank_of_its_own():
    model = build("vae", {"name": "svrg", "every": 4, "batches": 3}, training={"steps_per_execution": 2})
    step, seen = model.training_step, []
    for _ in range(4):
        model.fit(model.data.batches("train", BATCH, seed=0), steps_per_epoch=2, verbose=0)
        seen.append((int(step.taken), step.rows.numpy().tolist()))
    assert [taken for taken, _ in seen] == [0, 0, 4, 4]
    assert seen[0] == seen[1] != seen[2]
    assert len(np.unique(seen[0][1])) == 3 * BATCH  # no example twice
    assert step.passes == (2.75, 2.75)


def test_it_says_which_examples_a_step_was_on_even_before_the_last_snapshot(monkeypatch):
    model = build("vae", {"name": "svrg", "every": 4, "batches": 3}, training={"steps_per_execution": 2})
    step, chosen, seen = model.training_step, model.training_step._chosen, tf.Variable(tf.zeros([10, BATCH], tf.int32))

    def noted(number):
        k = chosen(number)
        seen.scatter_nd_update([[number]], [tf.gather(step.rows, k)])
        return k

    monkeypatch.setattr(step, "_chosen", noted)
    model.fit(model.data.batches("train", BATCH, seed=0), steps_per_epoch=10, verbose=0)
    monkeypatch.undo()
    assert int(step.taken) == 8
    np.testing.assert_array_equal([step.rows_of(number) for number in range(10)], seen)


@pytest.mark.slow
def test_a_run_that_was_stopped_within_a_window_goes_on_bit_for_bit(tmp_path):
    method = {"name": "svrg", "every": 4}

    def run(model, times):
        for _ in range(times):
            model.fit(model.data.batches("train", BATCH, seed=0), steps_per_epoch=2, verbose=0)
        return [v.numpy() for v in (*model.variables, *keras_file.state(model.training_step).values())]

    whole = build("vae", method, training={"steps_per_execution": 2})
    expected = run(whole, 3)
    first = build("vae", method, training={"steps_per_execution": 2})
    run(first, 1)
    Checkpoints(first, tmp_path).save()
    second = build("vae", method, training={"steps_per_execution": 2, "seed": 0})
    perturb(second)
    Checkpoints(second, tmp_path).restore()
    for one, other in zip(run(second, 2), expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_in_keras_own_file_it_is_kept():
    model = build("vae")
    model.training_step.prepare(tf.distribute.get_strategy())
    kept = {name: v.numpy() for name, v in keras_file.state(model.training_step).items()}
    other = build("vae")
    keras_file.put(other.training_step, kept)
    assert int(other.training_step.taken) == 0
    np.testing.assert_array_equal(other.training_step.rows, model.training_step.rows)
    assert all(np.any(mean.numpy() != 0) for mean in other.training_step.means["decoder"])


def test_without_a_method_the_step_is_the_plain_one():
    step = tiny.build("vae").training_step
    assert type(step) is Step
    assert not [term for term in step.train_terms if term.startswith("passes")]


@pytest.mark.parametrize("method", ["svrg", "alpha_svrg"])
def test_without_a_finite_data_set_it_is_refused_before_any_training(method):
    model = tiny.build("vae", training={"variance_reduction": {"name": method, "every": 1}})
    message = f"{method} needs a finite data set: build the model with data=, or train it by zoo.train"
    with pytest.raises(ValueError, match=message):
        model.fit(np.zeros((8, 4), np.float32), verbose=0)
    assert int(model.step) == 0


def test_examples_on_disk_are_refused():
    read = zoo.data.Split(read=lambda index: np.zeros(4, np.float32), size=8)
    data = zoo.data.Dataset("disk", {"train": read}, zoo.data.Preprocessing(event_shape=(4,), levels=0))
    with pytest.raises(zoo.ConfigError, match="needs a finite data set in memory, and the training split of disk is read from"):
        build("vae", data=data)


def test_other_batches_than_those_of_the_data_set_are_refused():
    model = build("vae", {"name": "svrg", "every": 1})
    with pytest.raises(ValueError, match=r"svrg trains on batches of the model's own data set alone: give its data.batches"):
        model.fit(np.zeros((8, 4), np.float32), verbose=0)


@pytest.mark.parametrize(
    ("objective", "options", "message"),
    [
        ("vae", {"reduced": ("critic",)}, "svrg reduces no 'critic' here; choose from encoder, decoder"),
        ("vae", {"method": "", "reduced": ("decoder",)}, "names networks of a variance_reduction, and there is none"),
        ("vae", {"method": {"name": "svrg", "every": 0}}, "every must be at least 1"),
        ("vae", {"method": {"name": "svrg", "batches": -1}}, "batches at least 0"),
        ("vae", {"training": {"steps_per_execution": 3}}, "must be a multiple of training.steps_per_execution = 3, found 20"),
        (
            "vae",
            {"training": {"steps_per_execution": 20, "log_every": 50}},
            "log_every: must be a multiple of training.steps_per_execution = 20, found 50",
        ),
        ("vae", {"training": {"micro_batches": 2}}, "set config.training.micro_batches to 1"),
        ("vae", {"method": {"name": "alpha_svrg", "alpha": 1.1}}, r"alpha must stay in \[0, 1\], found 1.1 at step 0"),
        ("vae", {"method": {"name": "alpha_svrg", "alpha": LEAVING}}, r"alpha must stay in \[0, 1\], found 1.5 at step 501"),
        (
            "vae",
            {"method": "no_such"},
            "unknown variance_reduction 'no_such'; choose from alpha_svrg, cotangent_baseline, svrg",
        ),
    ],
)
def test_what_cannot_work_is_one_line(objective, options, message):
    with pytest.raises(zoo.ConfigError, match=message) as raised:
        build(objective, **options)
    assert "\n" not in str(raised.value)


def test_alpha_may_leave_its_range_after_the_run():
    assert build("vae", {"name": "alpha_svrg", "alpha": LEAVING}, training={"steps": 501}).training_step.scale(501) == 1.5


def test_a_boltzmann_machine_is_refused():
    config = tiny.joint_experiment(training={"variance_reduction": {"name": "svrg"}})
    with pytest.raises(zoo.ConfigError, match="the chains of objective contrastive_divergence make no finite sum"):
        zoo.build(config, event_shape=tiny.VECTOR)


@pytest.mark.slow
@pytest.mark.parametrize("name", registry.names("variance_reduction"))
def test_every_method_trains_compiled(name):
    method = {"name": name} | ({"every": 2} if "every" in registry.options("variance_reduction", name) else {})
    model = build("extended_helmholtz", method, training={"jit_compile": "on", "steps_per_execution": 2})
    before = [v.numpy() for v in model.decoder.variables]
    shown = model.fit(model.data.batches("train", BATCH, seed=0), steps_per_epoch=4, verbose=0).history
    assert all(np.isfinite(values[-1]) for values in shown.values())
    assert shown["skipped_updates"] == [0]
    assert all(np.any(v.numpy() != old) for v, old in zip(model.decoder.variables, before, strict=True))
