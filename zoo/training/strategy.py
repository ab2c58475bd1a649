"""Where a run computes: on one device, on all devices of a machine, or on several machines.

    default         one device
    mirrored        every GPU of the machine, or every logical CPU device where there is none
    multi_worker    the machines of TF_CONFIG, or else of the SLURM job step

The global batch is split over the replicas and every update is that of one device: a config need not change. All workers see
one working directory; only the chief writes there.
"""

import json
import os
import shutil

import tensorflow as tf

NAMES = ("default", "mirrored", "multi_worker")


def make(name):
    """A tf.distribute strategy. To be called before anything else touches a device.

    Raises:
      ValueError: one line, for a cluster that is not described.
    """
    if name == "mirrored":
        devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
        return tf.distribute.MirroredStrategy([device.name for device in devices])
    if name == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=_cluster())
    return tf.distribute.get_strategy()


def _cluster():
    if "TF_CONFIG" in os.environ:
        try:
            described = json.loads(os.environ["TF_CONFIG"])
            described["cluster"]["worker"], described["task"]["index"]
        except (ValueError, KeyError, TypeError):
            example = '{"cluster": {"worker": ["host0:2222", "host1:2222"]}, "task": {"type": "worker", "index": 0}}'
            raise ValueError(f"TF_CONFIG must be like {example}, found {os.environ['TF_CONFIG']}") from None
        return tf.distribute.cluster_resolver.TFConfigClusterResolver()
    if "SLURM_STEP_NODELIST" in os.environ:
        # It hands out the GPUs of a node, counted by a program that nodes without GPUs do not have, and a task without GPU is
        # no worker to it. There each task is said to have one.
        pretended = {"gpus_per_node": int(os.environ["SLURM_STEP_NUM_TASKS"]), "gpus_per_task": 1, "auto_set_gpu": False}
        return tf.distribute.cluster_resolver.SlurmClusterResolver(**({} if shutil.which("nvidia-smi") else pretended))
    raise ValueError("--strategy=multi_worker: no cluster is described; set TF_CONFIG for each worker, or start by srun")


def is_chief(strategy):
    """Whether this process writes: the only one, the chief, or the first worker of a cluster without a chief."""
    cluster = strategy.cluster_resolver
    if cluster is None or not cluster.cluster_spec().jobs:
        return True
    return cluster.task_type == "chief" or (cluster.task_id == 0 and "chief" not in cluster.cluster_spec().jobs)


def summing(strategy):
    """A function that sums a vector of float64 over the replicas of all workers, and so waits for all of them."""

    @tf.function(autograph=False)
    def summed(values):
        return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(lambda: values), axis=None)

    return lambda values: summed(tf.cast(values, tf.float64)).numpy()


def check_together(strategy, step):
    """Waits until all workers are here.

    Raises:
      ValueError: if they are not all at the same step, as when each sees a folder of its own.
    """
    if strategy.cluster_resolver is None:
        return
    count, total, squares = summing(strategy)([1, step, step**2])
    if count * squares != total**2:
        raise ValueError(f"the workers are at different steps, this one at {step}: all need the same --workdir")
