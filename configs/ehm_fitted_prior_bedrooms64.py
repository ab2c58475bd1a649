"""The Extended Helmholtz Machine of ehm_fitted_prior_mnist on a folder of 64x64 bedroom photographs, nothing tuned.

    python -m tools.train --config ehm_fitted_prior_bedrooms64 --workdir runs/ehm_fitted_prior_bedrooms64 --data_dir DIR
    python -m tools.evaluate --workdir runs/ehm_fitted_prior_bedrooms64 --measures=samples,reconstructions --num_examples 100

The mixture has 20 normals, since there are 5,000 codes to fit it to. The critic has three times the scale that it has on MNIST.

Source: "Symmetric variational loss and GAN" (2017), section Results of EHM; networks: Radford et al. (2016).

One H200: 78 s beside one other run. Seed 0, features of a classifier of rotations (docs/results.md): Frechet distance of
5,000 samples to the training photographs 11.8. Squared error of reconstructions of 100 test photographs 0.0224 +- 0.0011.
"""

import zoo
from zoo import config


def get_config():
    """The experiment."""
    recipe = zoo.start_from("ehm_fitted_prior_mnist").model
    changes = {
        "model.prior": config.plain(recipe.prior) | dict(components=20, examples=5_000),
        "model.posterior": config.plain(recipe.posterior),
        "model.likelihood": config.plain(recipe.likelihood),
        "model.approximators": dict(log_q_x=config.plain(recipe.approximators.log_q_x) | dict(scale=144.0)),
    }
    return zoo.start_from("ehm_noisy_code_bedrooms64", changes)
