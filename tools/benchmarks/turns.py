"""A worker's end of the pipe: tasks in threads, each of which measures a block when it is its turn.

A message is one line, the `repr` of a Python literal (JSON would turn tuples into lists). The parent sends

    ("prepare", label, task, options)   answered by ("ready", label, facts), the bytes that imports took among them
    ("measure", label)                  answered by ("done", label, seconds, peak bytes of this process so far)

and either of them by ("failed", label, reason) once the task has ended by an exception.
"""

import ast
import os
import pathlib
import queue
import re
import resource
import sys
import threading
import time
import traceback


def _peak_bytes():
    # getrusage's ru_maxrss would hold the parent's memory too, which is this process's until its program is loaded.
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS counts in bytes


LAST_SECONDS = 5  # for a task to clear away what it made


class Ended(Exception):
    """Raised in a task when its work is over."""


class Turns:
    """What a task is handed: `ready` once, and then `block` around each measured block."""

    def __init__(self, label, say, imported):
        self.label = label
        self._imported = imported
        self.turns = queue.Queue()  # True for a turn, False for none any more
        self._say = say

    def ready(self, facts):
        """Tells what there is to know about the contestant (settings, parameters, operations of a unit ...)."""
        self._say(("ready", self.label, facts | {"imported_bytes": self._imported}))

    def wait(self):
        """Waits for the turn; returns the time at which it began. Raises Ended when there is none."""
        if not self.turns.get():
            raise Ended
        return time.perf_counter()

    def done(self, seconds):
        """Reports a block."""
        self._say(("done", self.label, seconds, _peak_bytes()))

    def repeat(self, facts, block):
        """For tasks that are a function: measures `block()` at each turn, after one call that is not measured."""
        block()
        self.ready(facts)
        while True:
            began = self.wait()
            block()
            self.done(time.perf_counter() - began)


def _in_thread(task, turns, options):
    try:
        task(turns, **options)
    except Ended:
        pass
    except Exception as error:  # whatever a peer raises must become a line of the table, not a hanging pipe
        traceback.print_exc()
        turns._say(("failed", turns.label, f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"))


def serve(tasks):
    """Runs a worker until its standard input ends.

    Args:
      tasks: name -> function(turns, **options).
    """
    # Libraries print; what they print must not end up between the messages.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    lock, known, imported = threading.Lock(), {}, _peak_bytes()

    def say(message):
        with lock:
            print(repr(message), file=out, flush=True)

    for line in sys.stdin:
        command, label, *rest = ast.literal_eval(line)
        if command == "prepare":
            task, options = rest
            own = Turns(label, say, imported)
            thread = threading.Thread(target=_in_thread, args=(tasks[task], own, options), daemon=True)
            known[label] = own, thread
            thread.start()
        else:
            known[label][0].turns.put(True)
    for own, _ in known.values():
        own.turns.put(False)
    for _, thread in known.values():
        thread.join(LAST_SECONDS)
    out.close()
    os._exit(0)  # threads of the libraries may still wait for something
