"""Progress for the person who waits: a bar on a terminal, plain lines elsewhere."""

import sys
import time

import keras
import tqdm

SECONDS_BETWEEN_LINES = 10
# term -> what it is called. Losses are sums of unlike terms, so they are shown only where there is nothing else.
SHOWN = {
    "wake/reconstruction": "wake reconstruction (nats of x)",
    "sleep/reconstruction": "sleep reconstruction (nats of z)",
    "log_q_x/gap": "critic: data above samples",
    "val_negative_elbo": "validation: negative ELBO (nats)",
}
LOSSES = {"wake/loss": "wake loss", "sleep/loss": "sleep loss"}


def _shown(logs, names):
    return {called: f"{logs[name]:.4g}" for name, called in names.items() if name in logs}


class Progress(keras.callbacks.Callback):
    """Steps done, rate, time left and how well each phase reconstructs."""

    def __init__(self, start, steps):
        super().__init__()
        self.start, self.steps = start, steps
        self.began = self.spoke = time.monotonic()
        # The last execution's first step is the compilation; the rate counts from the end of the first execution.
        self.first = None
        self.bar = tqdm.tqdm(total=steps, initial=start, unit="step", disable=not sys.stdout.isatty(), file=sys.stdout)

    def on_train_batch_end(self, batch, logs=None):
        """Moves the bar."""
        step = int(self.model.step.numpy())
        if self.first is None:
            self.first = (step, time.monotonic())
        self.bar.update(step - self.bar.n)

    def on_epoch_end(self, epoch, logs=None):
        """Shows the terms; off a terminal one line at most each few seconds, and one at the end."""
        shown = _shown(logs, SHOWN) or _shown(logs, LOSSES)
        self.bar.set_postfix(shown, refresh=False)
        step, now = int(self.model.step.numpy()), time.monotonic()
        if self.bar.disable and (now - self.spoke > SECONDS_BETWEEN_LINES or step >= self.steps):
            self.spoke = now
            terms = [f"{name} {value}" for name, value in shown.items()]
            print("  ".join([f"step {step}/{self.steps}", *self._pace(step, now), *terms]), flush=True)

    def _pace(self, step, now):
        """The rate and the time left, unless nothing but the first execution has been run."""
        if step == self.first[0]:
            return []
        rate = (step - self.first[0]) / max(now - self.first[1], 1e-9)
        return [f"{rate:.1f} steps/s", f"{(self.steps - step) / rate:.0f} s left"]

    def close(self):
        """Ends the bar's line."""
        self.bar.close()
