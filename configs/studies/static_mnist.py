"""Published numbers on static MNIST, at full length: VAE, VampPrior, IWAE, wake-sleep and reweighted wake-sleep.

    python -m tools.study --study configs/studies/static_mnist.py --output runs/studies/static_mnist

10,000 test images. Bounds of log P(x) with 200 and 5,000 samples of z, the numbers that the papers used; what was published
stands in the text of the table.
"""

from zoo.studies import Column, Measure, Pictures, Run, Study, Table

RATE = "optimizers.{}.learning_rate"


def rates(first):
    """Changes: the learning rate of vae_static_mnist, with another first value."""
    schedule = dict(name="PiecewiseConstantDecay", boundaries=(100_000, 175_000))
    schedule["values"] = tuple(first * 10 ** (-0.2 * i) for i in range(3))
    return {RATE.format(network): schedule for network in ("encoder", "decoder")}


# The mean of the weights of some ten epochs, where the rate does not fall to 0.
AVERAGED = {"training.ema": 0.9998}
FEW, MANY = ("K = 200",), ("K = 200", "K = 5,000")
RUNS = [
    Run("VAE 784-400-40", "vae_static_mnist", measures=FEW),
    Run("the same, ten times the rate", "vae_static_mnist", rates(1e-3) | {"training.keep_best": True}, measures=FEW),
    Run("the same, averaged weights", "vae_static_mnist", rates(1e-3) | AVERAGED | {"training.keep_best": True}, measures=FEW),
    Run("gated 300-300, standard normal prior", "vamp_prior_static_mnist", {"model.prior": "standard_normal"}, measures=MANY),
    Run("VampPrior", "vamp_prior_static_mnist", measures=MANY),
    Run("VampPrior, averaged weights", "vamp_prior_static_mnist", AVERAGED, measures=MANY),
    Run("VampPrior, convolutions", "convolutional_vamp_prior_static_mnist", measures=MANY),
    Run("wake-sleep 200-200-200", "helmholtz_machine_static_mnist", measures=FEW),
    Run("reweighted wake-sleep 200-200-200", "reweighted_wake_sleep_static_mnist", measures=FEW),
    Run("IWAE, 50 samples", "iwae_static_mnist", measures=MANY),
]
MEASURES = {
    "K = 200": Measure("likelihood", num_samples=200),
    "K = 5,000": Measure("likelihood", num_samples=5_000),
}
BOUND = "{}/importance_weighted_bound"
TABLE = Table(
    "log P(x) of static MNIST, nats",
    {
        "negative ELBO": "K = 200/negative_elbo",
        "bound, K = 200": BOUND.format("K = 200"),
        "bound, K = 5,000": BOUND.format("K = 5,000"),
        "minutes": Column("training_seconds", scale=1 / 60),
    },
    text="Published: VAE -89.8 to -89.9; gated with a standard normal prior -88.56, with a VampPrior -85.57 (Tomczak and "
    "Welling 2018). IWAE: Burda et al. (2016), table 1; wake-sleep and reweighted wake-sleep: Bornschein and Bengio (2015).",
)


def get_study():
    """The study."""
    return Study(
        title="Published numbers on static MNIST",
        runs=RUNS,
        changes={"training.pictures_every": 0},
        measures=MEASURES,
        tables=[TABLE],
        figures=[Pictures("Samples")],
    )
