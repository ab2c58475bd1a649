"""The claim: samples, reconstructions, chains and codes of one symmetric model beside its rivals, at equal networks and data.

    python -m tools.study --study configs/studies/equal_networks.py --output runs/studies/equal_networks

DCGAN networks of width 32, MNIST's grey levels, batch 100, 24 dimensions, 20,000 steps, averaged weights, a learning rate that
falls to 0 along a cosine. Its first value was tried over 3,500 to 10,000 steps, at 8 and 12 dimensions: 0.001 to 0.008 for the
VAE and the EHM, 0.0002 to 0.002 for the WGAN-GP. The EHM gains by 0.004. The rows of the claim come first.

What is not equal, by `tools.train --dry_run`: the EHM's critic of x reads patches, and has 2,305 weights; DCGAN's has 36,513. A
critic of pairs, of ALI and AS-VAE, has dense layers on top (536,033).
"""

import zoo
from zoo import config
from zoo.studies import Column, Curve, Measure, Net, Pictures, Rounds, Run, Scatter, Study, Table

STEPS, SHORT_STEPS = 20_000, 10_000
EHM_RATE = 4e-3
RECIPE = {
    "training.steps": STEPS,
    "training.ema": 0.998,
    "training.precision": "bfloat16",
    "training.pictures_every": 0,
    # No step is chosen: every row is measured at its last.
    "training.validate_every": 0,
    "training.keep_best": False,
    "model.latent_size": 24,
}


def rate(first, *networks, steps=STEPS):
    """Changes: the learning rate of networks, from `first` to 0."""
    schedule = dict(name="CosineDecay", initial_learning_rate=first, decay_steps=steps)
    return {f"optimizers.{network}.learning_rate": schedule for network in networks}


NETWORKS = ("encoder", "decoder", "log_q_x")
CRITIC = "model.approximators.log_q_x"
CRITIC_OF_CODES = config.plain(zoo.start_from("ehm_noisy_code_mnist").model.approximators.log_p_z)
COMMON = ("samples", "samples B", "reconstructions", "descended", "symmetry", "latent")


def claim(row, config, changes, **more):
    """A row of the claim."""
    return Run(row, config, changes, measures=(*COMMON, "chains", "likelihood"), **({"baseline": "VAE"} | more))


def short(row, config, first, changes=None, networks=NETWORKS, group="fewer steps", **more):
    """A row of fewer steps, seeds and chains than those of the claim."""
    changes = {"training.steps": SHORT_STEPS} | rate(first, *networks, steps=SHORT_STEPS) | (changes or {})
    more = {"baseline": "VAE, fewer steps", "measures": (*COMMON, "chain")} | more
    return Run(row, config, changes, seeds=2, group=group, **more)


def without(what, changes, networks=NETWORKS, **more):
    """The EHM with one of its parts changed."""
    return short(f"EHM, {what}", "ehm_fitted_prior_mnist", EHM_RATE, changes, networks, **more)


NORMAL = dict(name="normal", scale="fixed", initial_scale=0.2, loc_activation="sigmoid")
ABLATIONS = [
    without("fewer steps", {}, group="EHM, scale", knob=48),
    without("normal likelihood", {"model.likelihood": NORMAL}),
    without("DCGAN's critic of x", {f"{CRITIC}.network": dict(name="dcgan", width=32)}),
    without("patches of 10x10", {f"{CRITIC}.network.layers": 2}),
    without("critic of width 32", {f"{CRITIC}.network.width": 32}),
    without("two critic steps", {f"{CRITIC}.steps": 2}),
    without("prior fitted once", {"model.prior.fits": 1}),
    without("prior fitted twice", {"model.prior.fits": 2}),
    without("prior N(0, I)", {"model.prior": dict(name="standard_normal")}),
    without("normal posterior", {"model.posterior": dict(name="normal", scale="fixed", initial_scale=0.1)}),
    without("noise of codes 0.3", {"model.posterior.noise": 0.3}),
    without("codes scored by a scale of 0.1", {"model.posterior.scale": 0.1}),
    without("codes scored by a scale of 0.4", {"model.posterior.scale": 0.4}),
    without("encoder noise 0", {"model.noise_encoder": 0.0}),
    without("encoder noise 0.1", {"model.noise_encoder": 0.1}),
    without("encoder noise 0.1, codes scored by 0.15", {"model.noise_encoder": 0.1, "model.posterior.scale": 0.15}),
    without("encoder noise 0.2", {"model.noise_encoder": 0.2}),
    without("critic of codes", {"model.approximators.log_p_z": CRITIC_OF_CODES}, (*NETWORKS, "log_p_z")),
    short("EHM, of the source but the posterior", "ehm_mnist", 1e-3, {"model.posterior": dict(name="noisy_code")}, NETWORKS),
]
BOTH = ("encoder", "decoder")


def of_8(row, config, first, networks, **more):
    """A row of the baselines, which have 8 dimensions."""
    small = {"baseline": "VAE, 8 dimensions, fewer steps", "group": "8 dimensions"} | more
    return short(f"{row}, 8 dimensions", config, first, {"model.latent_size": 8}, networks, **small)


BASELINES = [
    of_8("VAE, learned scale", "vae_learned_scale_mnist", 2e-3, BOTH),
    of_8("denoising VAE", "denoising_vae_mnist", 2e-3, BOTH),
    of_8("VampPrior", "vamp_prior_mnist", 2e-3, (*BOTH, "prior")),
    of_8("adversarial autoencoder", "adversarial_autoencoder_mnist", 2e-3, (*BOTH, "log_p_z")),
    of_8("MIM", "mim_mnist", 2e-3, BOTH),
    of_8("Symmetric VAE", "symmetric_vae_mnist", 1e-3, (*BOTH, "log_q_x")),
    of_8("bridge, k = 0.5", "bridge_mnist", 1e-3, (*BOTH, "log_q_x")),
    of_8("ALI", "ali_mnist", 1e-3, (*BOTH, "log_ratio")),
    of_8("AS-VAE", "as_vae_mnist", 1e-3, (*BOTH, "log_posterior_ratio", "log_likelihood_ratio")),
    of_8("VAE-GAN", "vae_gan_mnist", 1e-3, (*BOTH, "log_q_x")),
    of_8("latent regressor", "latent_regressor_mnist", 1e-3, (*BOTH, "log_q_x")),
]
SWEEPS = [
    *(
        without(f"{what} {value}", {field: float(value)}, group=f"EHM, {what}", knob=value)
        for what, field, values in (
            ("scale", f"{CRITIC}.scale", (8, 24, 96)),
            ("power", "model.likelihood.power", (1.2, 1.5, 1.8)),
        )
        for value in values
    ),
    *(
        short(
            f"VAE, KL weight {weight}",
            "vae_mnist",
            2e-3,
            {"model.objective.kl_weight": float(weight)},
            BOTH,
            group="VAE, weight of the KL",
            knob=weight,
            measures=("samples", "reconstructions", "descended", "symmetry", "latent"),
        )
        for weight in (0.1, 3, 10, 40)
    ),
]
SIZES = [
    short(
        f"{row}, {size} dimensions, fewer steps",
        name,
        first,
        {"model.latent_size": size},
        networks,
        group=f"{row}, dimensions",
        knob=size,
        baseline=f"VAE, {size} dimensions, fewer steps",
    )
    for size in (8, 16, 32)
    for row, name, first, networks in (
        ("EHM", "ehm_fitted_prior_mnist", EHM_RATE, NETWORKS),
        ("VAE", "vae_mnist", 2e-3, BOTH),
        ("WGAN-GP", "wgan_gp_mnist", 1e-3, NETWORKS[1:3]),
    )
]
LIKELIHOOD = config.plain(zoo.start_from("ehm_fitted_prior_mnist").model.likelihood)
RIVALS = [
    ("VAE", "vae_mnist", rate(2e-3, *BOTH)),
    ("WGAN-GP", "wgan_gp_mnist", rate(1e-3, *NETWORKS[1:3])),
    ("relativistic GAN", "relativistic_gan_mnist", rate(1e-3, *NETWORKS[1:3])),
    ("wake-sleep", "wake_sleep_mnist", rate(2e-3, *BOTH)),
    ("EHM of the source", "ehm_mnist", rate(1e-3, *NETWORKS)),
]
RUNS = [
    claim("EHM", "ehm_fitted_prior_mnist", rate(EHM_RATE, *NETWORKS)),
    *(claim(*rival) for rival in RIVALS),
    claim("VAE, prior fitted", "vae_fitted_prior_mnist", rate(2e-3, *BOTH), seeds=2),
    claim(
        "VAE, prior fitted, power 1.1", "vae_fitted_prior_mnist", rate(2e-3, *BOTH) | {"model.likelihood": LIKELIHOOD}, seeds=2
    ),
    short("VAE, fewer steps", "vae_mnist", 2e-3, networks=BOTH, group="VAE, weight of the KL", knob=1),
    short("WGAN-GP, fewer steps", "wgan_gp_mnist", 1e-3, networks=NETWORKS[1:3]),
    *SWEEPS,
    *ABLATIONS,
    *SIZES,
    *(
        claim(
            f"{row}, 8 dimensions", name, changes | {"model.latent_size": 8}, baseline="VAE, 8 dimensions", group="8 dimensions"
        )
        for row, name, changes in RIVALS
    ),
    *BASELINES,
    Run("data against data", "vae_mnist", floor=True),
]
NETS = {"A": Net("mnist", part="1/2"), "B": Net("mnist", seed=1, part="2/2")}
MEASURES = {
    "samples": Measure("samples", features="A", num_examples=10_000),
    "samples B": Measure("samples", features="B", num_examples=10_000),
    "reconstructions": Measure("reconstructions", features="A", num_examples=10_000),
    "descended": Measure("reconstructions", features="A", num_examples=10_000, descent_steps=20),
    "chains": Measure("chains", features="A", num_examples=1_000, rounds=(10, 100, 1_000)),
    "chain": Measure(
        "chains", features="A", num_examples=1_000, rounds=(10, 100, 1_000), protocols=("means",), starts=("data",)
    ),
    "symmetry": Measure("symmetry", features="A", num_examples=2_000, rounds=(1,)),
    "latent": Measure("latent", num_examples=5_000),
    "likelihood": Measure("likelihood", num_samples=100, num_examples=2_000),
}
CHAIN = "{}/chain[means, {}]/1000/{}"


def at_once(chains):
    """Columns of the claim, by the key of the measure of chains."""
    distance, codes = CHAIN.format(chains, "data", "frechet_distance"), f"{chains}/code_error[means]"
    return {
        "samples: Frechet distance": "samples/frechet_distance",
        "in net B": "samples B/frechet_distance",
        "reconstructions: squared error": "reconstructions/reconstruction_error",
        "squared error over the VAE's": Column("reconstructions/reconstruction_error", relative=True),
        "with 20 steps of descent": "descended/reconstruction_error",
        "that over the VAE's with as many": Column("descended/reconstruction_error", relative=True),
        "their Frechet distance": "reconstructions/reconstructions/data/frechet_distance",
        "chain of 1,000 rounds from data": distance,
        "chain over the VAE's": Column(distance, relative=True),
        "error of codes": codes,
        "error of codes over the VAE's": Column(codes, relative=True),
    }


def sharpness(chains):
    """Columns that tell what the distances do not."""
    return {
        "sharpness of samples": "symmetry/sharpness_of_samples",
        "of reconstructions": "symmetry/sharpness",
        "class changed along the chain": CHAIN.format(chains, "data", "class_changed"),
        "variance of its codes": CHAIN.format(chains, "data", "code_variance"),
        "rate": "latent/rate",
        "error of codes, x drawn": f"{chains}/code_error[samples]",
    }


MORE_CHAINS = {
    "chain of 1,000 rounds from the prior": CHAIN.format("chains", "prior", "frechet_distance"),
    "chain of 1,000 rounds from data, x drawn": "chains/chain[samples, data]/1000/frechet_distance",
    "negative ELBO, nats": "likelihood/negative_elbo",
    "bound of log P(x), nats": "likelihood/importance_weighted_bound",
}
CLAIM = [run.name for run in RUNS if not run.group or "chains" in run.measures]
SHORT_RUNS = [run.name for run in RUNS if run.name not in CLAIM]
TABLES = [
    Table("At once, in one model", at_once("chains"), CLAIM),
    Table("Sharpness, chains and likelihood", sharpness("chains") | MORE_CHAINS, CLAIM),
    Table("At once, of fewer steps", at_once("chain"), SHORT_RUNS),
    Table("Sharpness and chains, of fewer steps", sharpness("chain"), SHORT_RUNS),
]
TEXT = """MNIST's grey levels, DCGAN networks of width 32, 24 dimensions where a row does not say others, batch 100; 20,000
steps, and 10,000 in the tables of fewer. All of as many dimensions have one encoder, and one decoder. The EHM's critic of x
reads patches, and has 2,305 weights. That of others is DCGAN's, of 36,513.

Distances are taken in the features of two classifiers, net A and net B, each trained on a half of the training images. There
are 10,000 samples and reconstructions, and 1,000 chains. "Data against data" is what test images themselves get, 5,000 against
5,000 or, of chains, 1,000 against 1,000. Chains and codes are of means of P(x|z), but where x is said to be drawn from it.
Descent: 20 steps on -log P(x, z) from each code. Rate: nats of the code. EHM: `ehm_fitted_prior_mnist`. EHM of the source: as
the post has it (`ehm_mnist`). Prior fitted: P(z) is a mixture of 100 normals, fitted to codes of training images. Otherwise it
is N(0, I), or what the row says. Scale: the factor of the critic of x; of codes: that of the critic of z. Power: of the
generalized normal P(x|z).
The bound has 100 samples of z, over 2,000 test images. Other terms: docs/glossary.md."""
ERROR, DISTANCE = "reconstructions/reconstruction_error", "samples/frechet_distance"
OF_VAE = {"error": ("VAE, fewer steps", ERROR), "distance": ("VAE, fewer steps", DISTANCE)}
FIGURES = [
    Scatter(
        "Reconstructions against samples, fewer steps",
        ERROR,
        DISTANCE,
        rows=SHORT_RUNS,
        curves=[
            # Of one code, (1 - t)^2 of the distance costs 1 + t^2 times the error: Freirich, Michaeli and Meir, "A theory of
            # the distortion-perception tradeoff in Wasserstein space" (2021), theorem 3, at worst.
            Curve(
                "the VAE's code, D (1 + t^2)",
                lambda t, error, distance: error * (1 + t**2),
                lambda t, error, distance: distance * (1 - t) ** 2,
                OF_VAE,
            ),
            Curve(
                "WGAN-GP, fewer steps",
                lambda t, error, distance: error * (0.9 + 1.1 * t),
                lambda t, error, distance: distance + 0 * t,
                {"error": OF_VAE["error"], "distance": ("WGAN-GP, fewer steps", DISTANCE)},
            ),
        ],
        log="y",
    ),
    Scatter("Reconstructions: squared error against sharpness, fewer steps", ERROR, "symmetry/sharpness", rows=SHORT_RUNS),
    Rounds("The chain of means, from data", "chains/chain[means, data]/{}/frechet_distance", rows=CLAIM),
    Pictures("Samples"),
    Pictures("Data over reconstructions", "reconstructions"),
]


def get_study():
    """The study."""
    return Study(
        title="Equal networks on MNIST",
        text=TEXT,
        runs=RUNS,
        seeds=5,
        order="groups",
        changes=RECIPE,
        nets=NETS,
        measures=MEASURES,
        tables=TABLES,
        figures=FIGURES,
    )
