"""What is shown of steps: of training, and of held-out examples. Every term is a mean over examples; costs are in nats."""

import tensorflow as tf

from zoo import noise, replicas
from zoo.models.conditional import given
from zoo.models.inputs import labelled
from zoo.models.pair import Pair


def names_in_training(step):
    """The names of what a step shows: terms of the phases, of the approximators, and gradient norms."""
    phases, critics = step.objective.phases, step.model.approximators
    terms = [f"{phase}/loss" for phase in phases]
    terms += [f"{phase}/{name}" for phase in phases for name in _fields(step.model, phase)]
    terms += [f"{name}/{term}" for name, approximator in critics.items() for term in approximator.TERMS]
    trained = [name for name in step.networks if name in step.moved or name in critics]
    return terms + [f"gradient_norm/{name}" for name in trained] + ["skipped_updates"]


def _fields(model, phase):
    return {name: at for name, at in model.KINDS[phase].shown.items() if model.has(at[0])}


def of_phases(losses, pairs):
    """{name: this slice's share of the mean} of the losses and of the fields of their pairs.

    Args:
      losses: {phase: [batch]}.
      pairs: a zoo.models.pairs.Pairs.
    """
    values = {f"{phase}/loss": loss for phase, loss in losses.items()}
    for phase in losses:
        for name, (field, sign) in _fields(pairs.model, phase).items():
            values[f"{phase}/{name}"] = sign * getattr(pairs[phase], field)
    return {name: replicas.share(value, pairs.part) for name, value in values.items()}


def names_in_validation(model):
    """The names of what a validation shows; empty for a model with neither a bound nor a critic."""
    bound = ["negative_elbo", "distortion", "rate"] if model.has_likelihood_bound else []
    return bound + (["log_q_x"] if model.has("log_q_x") else [])


def on_held_out(step, batch, mask, number):
    """Terms on held-out examples, one z each: name -> sum over the examples that the mask keeps.

    The noise is the same at each validation, so that two validations differ by the weights only; each batch has its own.

    Args:
      step: a zoo.models.step.Step.
      batch, mask: of examples, and 1 for those that count.
      number: of the batch within the validation, int32.
    """
    model = step.model

    def seed(word):
        return tf.random.fold_in(noise.seed_for(step.options.seed, 0, word), number)

    model, x = given(model, labelled(batch, model, step.data, lambda word: seed("validation")))
    posterior = model.posterior(x) if model.has_posterior else None
    pair = Pair(model, x, noise.draw(posterior, seed("posterior")) if model.has_posterior else None, posterior=posterior)
    terms = {"log_q_x": pair.log_q_x} if model.has("log_q_x") else {}
    if model.has_likelihood_bound:
        terms |= {"negative_elbo": -pair.log_weight, "distortion": -pair.log_p_x_given_z}
        terms["rate"] = pair.log_q_z_given_x - pair.true_log_p_z
    return {name: tf.reduce_sum(tf.cast(value, mask.dtype) * mask) for name, value in terms.items()}
