"""Accuracies of classifiers by number of labels and seed: kept as lines of a file, and their mean and spread over the seeds."""

import json
import statistics

from zoo import atomic, paths


class Accuracies:
    """What is known of one model.

    Attributes:
      found: {(number of labels, seed): {setup: accuracy}}.
    """

    def __init__(self, about, path=None):
        """
        Args:
          about: what a line says beside, a dictionary: the model, and how it was used. Lines about others are left alone.
          path: of the file, of which a last line that was cut off is passed over; None to keep nothing.

        Raises:
          ValueError: one line, for a file that holds something else.
        """
        self.about, self.path, self.found = about, paths.named(path) if path else None, {}
        text = self.path.read_text() if path and self.path.is_file() else ""
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            try:
                said = json.loads(line)
                key, accuracies = (said["num_labels"], said["seed"]), said["accuracies"]
            except (ValueError, KeyError, TypeError) as error:
                if number < len(lines):
                    raise ValueError(f"{path}, line {number}, holds no accuracies; give another file") from error
                atomic.write(self.path, "".join(f"{whole}\n" for whole in lines[:-1]))
                return
            if about.items() <= said.items():
                self.found[key] = accuracies
        if lines and not text.endswith("\n"):  # cut off after its last line, which is whole
            atomic.write(self.path, f"{text}\n")

    def add(self, num_labels, seed, accuracies):
        """Keeps {setup: accuracy} of a choice of labels."""
        self.found[num_labels, seed] = accuracies
        if self.path:
            line = self.about | {"num_labels": num_labels, "seed": seed, "accuracies": accuracies}
            with self.path.open("a") as file:
                file.write(json.dumps(line) + "\n")

    def summary(self, num_labels, seeds):
        """{setup: {"accuracy", "standard_deviation"}} over seeds; the deviation is that of the seeds, None of one."""
        results = [self.found[num_labels, seed] for seed in seeds]
        return {
            setup: {
                "accuracy": statistics.mean(result[setup] for result in results),
                "standard_deviation": statistics.stdev(result[setup] for result in results) if len(results) > 1 else None,
            }
            for setup in results[0]
        }
