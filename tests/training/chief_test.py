"""Which devices a run takes, who of several workers writes, and how they see that one is at another step."""

import types

import pytest
import tensorflow as tf

from zoo.training import strategy


def clustered(jobs, task_type, task_id):
    """A strategy of a cluster, as far as `is_chief` looks at it."""
    spec = tf.train.ClusterSpec({name: [f"host{i}:1" for i in range(count)] for name, count in jobs.items()})
    resolver = types.SimpleNamespace(cluster_spec=lambda: spec, task_type=task_type, task_id=task_id)
    return types.SimpleNamespace(cluster_resolver=resolver)


@pytest.mark.parametrize(
    ("jobs", "task_type", "task_id", "expected"),
    [
        ({}, None, None, True),
        ({"worker": 2}, "worker", 0, True),
        ({"worker": 2}, "worker", 1, False),
        ({"chief": 1, "worker": 2}, "chief", 0, True),
        ({"chief": 1, "worker": 2}, "worker", 0, False),
        ({"chief": 1, "worker": 2}, "worker", 1, False),
    ],
)
def test_the_chief_writes_or_else_the_first_worker(jobs, task_type, task_id, expected):
    assert strategy.is_chief(clustered(jobs, task_type, task_id)) is expected


def test_one_device_writes():
    assert strategy.is_chief(tf.distribute.get_strategy())


@pytest.mark.parametrize(("steps", "fine"), [([7, 7, 7], True), ([7, 7, 8], False), ([0, 0, 0], True), ([0, 2, 1], False)])
def test_workers_at_different_steps_are_found(steps, fine, monkeypatch):
    """The sums over workers of 1, step and step^2: n times the last is the second squared for equal steps only."""
    sums = [len(steps), sum(steps), sum(step**2 for step in steps)]
    given = []
    monkeypatch.setattr(strategy, "summing", lambda _: lambda values: given.append(values) or sums)
    strategy.check_together(types.SimpleNamespace(cluster_resolver=None), 9)
    assert given == []
    one = clustered({"worker": len(steps)}, "worker", 0)
    if fine:
        strategy.check_together(one, steps[0])
    else:
        with pytest.raises(ValueError, match=f"this one at {steps[0]}: all need the same --workdir"):
            strategy.check_together(one, steps[0])
    assert given == [[1, steps[0], steps[0] ** 2]]


def test_a_sum_over_one_device_is_what_is_summed():
    found = strategy.summing(tf.distribute.get_strategy())([1, 2**40 + 1])
    assert found.tolist() == [1, 2**40 + 1]  # float64 holds it exactly


@pytest.mark.parametrize(("there", "taken"), [({"CPU": 2}, ["CPU:0", "CPU:1"]), ({"CPU": 1, "GPU": 2}, ["GPU:0", "GPU:1"])])
def test_mirrored_is_every_gpu_or_where_there_is_none_every_device(there, taken, monkeypatch):
    def devices(kind):
        return [types.SimpleNamespace(name=f"{kind}:{index}") for index in range(there.get(kind, 0))]

    monkeypatch.setattr(tf.config, "list_logical_devices", devices)
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda names: names)
    assert strategy.make("mirrored") == taken


def test_default_is_one_device():
    assert strategy.make("default") is tf.distribute.get_strategy()
