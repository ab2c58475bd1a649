"""Small models with every prior and posterior that has weights of its own."""

import numpy as np

from tests.models import tiny

LAYERS = {"name": "layered_bernoulli", "sizes": (2, 1)}
BINARY = {"name": "bernoulli", "estimator": "straight_through"}
EHM = "extended_helmholtz"
# Case -> objective, parts, and whose weights the case is about.
CASES = {
    "mixture": ("vae", {"prior": {"name": "mixture", "components": 3}}, "prior"),
    # The sleep phase alone: all that the prior's weights learn, they learn through its samples.
    "implicit mixture": ("gan", {"prior": {"name": "mixture", "components": 3, "gradient": "implicit"}}, "prior"),
    "vamp_prior": (EHM, {"prior": {"name": "vamp_prior", "components": 4}}, "prior"),
    "binary vamp_prior": ("vae", {"posterior": BINARY, "prior": {"name": "vamp_prior", "components": 4}}, "prior"),
    "flow": ("vae", {"prior": {"name": "flow", "layers": 2, "hidden_sizes": (5,)}}, "prior"),
    "bernoulli": ("vae", {"posterior": BINARY, "prior": {"name": "bernoulli", "learned": True}}, "prior"),
    "layered": ("wake_sleep", {"posterior": LAYERS, "prior": LAYERS, "likelihood": "bernoulli"}, "posterior prior"),
    "implicit": (
        "adversarial_autoencoder",
        {"posterior": {"name": "implicit", "feature_size": 4, "hidden_sizes": (5,)}},
        "posterior",
    ),
    "global scale": ("vae", {"likelihood": {"name": "normal", "scale": "global"}}, "likelihood"),
}
X = np.random.default_rng(0).integers(2, size=(16, *tiny.VECTOR)).astype(np.float32)


def build(case, seed=0):
    """The tiny model of a case."""
    objective, parts, _ = CASES[case]
    return tiny.build(objective, training={"seed": seed}, **parts)


def own(case, model):
    """The weights that the case is about."""
    families = [getattr(model, f"{part}_family") for part in CASES[case][2].split()]
    assert all(family.trainable_variables for family in families)
    return [variable for family in families for variable in family.trainable_variables]
