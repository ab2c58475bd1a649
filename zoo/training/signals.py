"""SIGTERM and SIGINT: the run saves at the end of the execution in flight and exits with 128 + the signal's number.

A second signal stops at once, and so does a first one while there is nothing to save: before the first execution has ended,
and after the last save. Nothing that is on disk is harmed by that. In a process that is there for the run alone, at once means
that the process ends. In any other, a notebook's say, it means what the signal did before, once the call into TensorFlow
returns: SIGINT is a KeyboardInterrupt. After a save both raise SystemExit.
"""

import os
import signal
import sys
import threading
import time

import keras
from absl import logging

from zoo.training.strategy import summing

SIGNALS = (signal.SIGTERM, signal.SIGINT)
EXIT_CODE = 128  # plus the number: what a shell reports of a process that a signal ended
LONG_EXECUTION = 2.0  # seconds


class Signals:
    """Notes signals while it is entered; only in the main thread, elsewhere it leaves them alone.

    Python runs a handler between two of its own instructions, and so not while TensorFlow runs an execution. What the
    system itself does at once is to write the signal's number into a pipe, which in a process of the run's own a thread reads.

    Attributes:
      own_process: whether the process is there for the run alone.
      received: number of the first signal, or 0.
      unsaved: whether there is work that is worth waiting for.
    """

    def __init__(self, own_process=False):
        self.own_process = own_process
        self.received = 0
        self.unsaved = False

    def __enter__(self):
        self._handlers = {}
        if threading.current_thread() is threading.main_thread():
            if self.own_process:
                self._reading, self._writing = os.pipe()
                os.set_blocking(self._writing, False)
                self._wakeup = signal.set_wakeup_fd(self._writing, warn_on_full_buffer=False)
            handler = (lambda *_: None) if self.own_process else self._handle
            self._handlers = {number: signal.signal(number, handler) for number in SIGNALS}
            if self.own_process:
                threading.Thread(target=self._watch, daemon=True).start()
        return self

    def __exit__(self, *_):
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if self._handlers and self.own_process:
            signal.set_wakeup_fd(self._wakeup)
            os.close(self._writing)  # ends the thread

    def _handle(self, number, frame):
        before = self._handlers.get(number)
        if not self._at_once():
            self._note(number)
        elif callable(before):
            before(number, frame)
        elif before == signal.SIG_DFL:
            raise SystemExit(EXIT_CODE + number)

    def _at_once(self):
        return bool(self.received) or not self.unsaved

    def _watch(self):
        while number := os.read(self._reading, 1):
            if number[0] in SIGNALS:
                if self._at_once():
                    os._exit(EXIT_CODE + number[0])  # the main thread is inside TensorFlow, where no exception reaches it
                else:
                    self._note(number[0])
        os.close(self._reading)

    def _note(self, number):
        self.received = number
        tell(f"{signal.Signals(number).name}: saving at the end of this execution; a second one stops at once")


def tell(line):
    """A line for the person or the log that waits."""
    sys.stderr.write(f"{line}\n")  # in one piece, as two threads write
    sys.stderr.flush()


class Stopping(keras.callbacks.Callback):
    """Ends the run after a signal, by SystemExit. The last of the callbacks: what it saves must have been logged.

    Within a validation it does not save: the state between an interval and its line in the log is in no checkpoint. The run
    then goes on from the save before, to the same end.
    """

    def __init__(self, saving, signals, strategy):
        super().__init__()
        self.saving = saving
        self.signals = signals
        self.summed = None if strategy.cluster_resolver is None else summing(strategy)
        self.began = None

    def _told(self):
        """Whether a signal came: to any worker, so that all stop after the same execution."""
        return bool(self.signals.received if self.summed is None else self.summed([self.signals.received])[0])

    def on_train_batch_begin(self, batch, logs=None):
        """Starts the clock of an execution, except of this process's first, which is compiled."""
        self.began = time.monotonic() if self.signals.unsaved else None

    def on_train_batch_end(self, batch, logs=None):
        """An execution has ended."""
        self.signals.unsaved = True
        if self.began and time.monotonic() - self.began > LONG_EXECUTION:
            logging.log_first_n(logging.WARNING, "%s", 1, self._too_long(time.monotonic() - self.began))
        if batch + 1 < self.params["steps"] and self._told():
            self.saving.save_within_interval()
            self._exit()

    def _too_long(self, seconds):
        steps = self.model.steps_per_execution
        return (
            f"an execution of {steps} steps takes {seconds:.1f} s, and a signal waits for its end; "
            f"config.training.steps_per_execution={max(1, int(steps * LONG_EXECUTION / seconds))} would keep it below 2 s"
        )

    def on_test_batch_end(self, batch, logs=None):
        """A batch of a validation has ended. Workers among several wait for its end, as they cannot all know of a signal."""
        if self.signals.received and self.summed is None:
            self._exit()

    def on_epoch_end(self, epoch, logs=None):
        """A log interval has ended, and its line is written."""
        if self._told():
            self.saving.save()
            self._exit()

    def _exit(self):
        tell(f"stopped; the same command goes on from step {self.saving.saved_step}")
        raise SystemExit(EXIT_CODE + (self.signals.received or signal.SIGTERM))
