"""The numbers of a config that drawing pairs and taking steps need."""

import dataclasses

from zoo.data import Augmentation


@dataclasses.dataclass(frozen=True)
class Drawing:
    """How pairs are drawn in training.

    Attributes:
      held_fixed: whether gradients stop at samples.
      num_samples: draws of z for each x in the wake phase; None for one, without an axis of its own.
      noise_x, encoder_reads, noise_encoder, noise_z, kld_scale_x, kld_scale_z: of the
        config's section `model`.
    """

    held_fixed: bool = False
    num_samples: int | None = None
    noise_x: float = 0.0
    encoder_reads: str = "drawn"
    noise_encoder: float = 0.0
    noise_z: float = 0.0
    kld_scale_x: float = 0.0
    kld_scale_z: float = 0.0


@dataclasses.dataclass(frozen=True)
class Options:
    """Of a step, by the names of the config.

    Attributes:
      critic_steps, augmented, batch_size, steps: by approximator; changes the data's images; of the global batch; of the run.
    """

    seed: int
    clip_norm: float
    ema: float
    micro_batches: int
    critic_steps: dict
    augmented: Augmentation = Augmentation()
    batch_size: int = 0
    steps: int = 1
