"""Classes: whether samples of a class-conditional model are of the class that was asked for, by a classifier's answers."""

import numpy as np

from zoo.evaluation import draws, samples
from zoo.evaluation.features import load
from zoo.evaluation.results import Quantity, Result, Unavailable, answers, estimate
from zoo.models import conditional

OF_CLASSES = True  # it can be asked of a class-conditional model
RESULTS = {
    "class_accuracy": Quantity(
        "share", "higher", "Samples of the class asked for", "By a classifier's answers; 1: all of them."
    ),
    "accuracy_by_class": Quantity("", "", "The same, class by class", "Which classes the model makes well."),
    "accuracy": Quantity("share", "higher", "Samples of the class asked for", "Of one class."),
}


def measure(model, data, *, num_examples: int = 5000, features: str = "pixels", observation_noise: bool = False, seed: int = 0):
    """The share of samples that a classifier gives the label they were made at.

    Args:
      model, data: see zoo/evaluation/__init__.py.
      num_examples: how many samples, the same number of each class up to one.
      features: the folder of a classifier (tools.train_classifier), of the same labels.
      observation_noise: draw x from P(x|z, y) in place of its mean.
      seed: of the samples.

    Returns:
      class_accuracy, over all samples; accuracy_by_class, {label: {"accuracy": of its own samples}}.
    """

    def accuracies():
        classes, net = conditional.classes(model), load(features)
        if not classes:
            raise Unavailable("the model is not class-conditional")
        if not net.classifies:
            raise Unavailable("--features names no classifier, like that of tools.train_classifier")
        drawn = draws.generated(model, num_examples, seed, observation_noise)
        right = net.logits(samples.to_unit(data, drawn)).argmax(1) == draws.labels_of_samples(model, num_examples)
        return by_class(right, draws.labels_of_samples(model, num_examples))

    return answers({("class_accuracy", "accuracy_by_class"): accuracies}, RESULTS, num_examples)


def by_class(right, labels):
    """The two results, of bools [n] and labels [n]."""
    own = {str(label): {"accuracy": estimate(right[labels == label])} for label in np.unique(labels)}
    return {"class_accuracy": estimate(right), "accuracy_by_class": Result(own)}
