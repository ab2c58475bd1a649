"""Where the time of a step goes: the operations that TensorFlow's profiler saw, by kind."""

import collections
import pathlib
import re
import statistics
import tempfile
import time

import tensorflow as tf
from tensorflow.tsl.profiler.protobuf import xplane_pb2

LEAST_STEPS = 20
# What an operation is called: "node:Kind" where TensorFlow runs it, and "Kind", "Kind.7" or "Kind.7.clone" where XLA does.
OF_TENSORFLOW, OF_XLA = re.compile(r"[^:]+:(\w+)"), re.compile(r"([a-zA-Z][\w-]*?)(\.\w+)*")


def _kind(name, of_xla):
    """The kind of operation of an event, or None for one of the runtime's own."""
    found = OF_TENSORFLOW.fullmatch(name) or (of_xla and OF_XLA.fullmatch(name))
    return found[1] if found else None


def _events(folder):
    """((kind, name), milliseconds) of each event."""
    (path,) = pathlib.Path(folder).rglob("*.xplane.pb")
    space = xplane_pb2.XSpace()
    space.ParseFromString(path.read_bytes())
    for plane in space.planes:
        for line in plane.lines:
            for event in line.events:
                name = plane.event_metadata[event.metadata_id].name
                # Whatever the thread: XLA runs an operation on that of the call as well as on its own.
                of_xla = any(plane.stat_metadata[stat.metadata_id].name == "hlo_op" for stat in event.stats)
                if kind := _kind(name, of_xla):
                    yield (kind, name), event.duration_ps / 1e9


def of_step(model, batches):
    """The profile of a model's training step: see `of_call`; `batches` is an endless dataset."""
    executions = -(-LEAST_STEPS // model.steps_per_execution)
    iterator = iter(batches)
    model.make_train_function()

    def run():
        for _ in range(executions):
            shown = model.train_function(iterator)
        next(iter(shown.values())).numpy()

    return of_call(run, executions * model.steps_per_execution)


def of_call(call, units):
    """The profile of a function that does so many units of work, and waits for their end.

    An operation's time is the median over the times it was seen. Operations run beside each other, so the sum is more than
    the time of a unit.

    Returns:
      {"milliseconds": of a unit that is not profiled, "processor_milliseconds": the same on all cores together, "kinds":
      {kind of operation: {"milliseconds", "operations"}}, the longest first}.
    """

    def timed():
        began = time.perf_counter(), time.process_time()
        call()
        return [1e3 * (now - then) / units for now, then in zip((time.perf_counter(), time.process_time()), began, strict=True)]

    call()
    wall, processor = min(timed() for _ in range(3))
    with tempfile.TemporaryDirectory() as folder:
        with tf.profiler.experimental.Profile(folder):
            call()
        durations = collections.defaultdict(list)
        for operation, milliseconds in _events(folder):
            durations[operation].append(milliseconds)
    kinds = collections.defaultdict(lambda: {"milliseconds": 0.0, "operations": 0})
    for (kind, _), seen in durations.items():
        times = round(len(seen) / units)  # 0 for what does not belong to each unit
        kinds[kind]["milliseconds"] += times * statistics.median(seen)
        kinds[kind]["operations"] += times
    longest = sorted(kinds.items(), key=lambda item: -item[1]["milliseconds"])
    return {
        "milliseconds": wall,
        "processor_milliseconds": processor,
        "kinds": {kind: found for kind, found in longest if found["operations"]},
    }
