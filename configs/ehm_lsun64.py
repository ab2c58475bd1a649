"""Extended Helmholtz Machine on LSUN bedrooms at 64x64 read from LSUN's own lmdb, with the networks of ehm_bedrooms64.

    python -m tools.train --config ehm_lsun64 --workdir runs/ehm_lsun64 --data_dir DIR
    python -m tools.evaluate --workdir runs/ehm_lsun64 --num_samples 100

Reads DIR/lsun/bedroom_train_lmdb and bedroom_val_lmdb.

Source: "Symmetric variational loss and GAN" (2017), section Results of EHM; networks: Radford et al. (2016).

Not trained to the end.
"""

import zoo


def get_config():
    """The experiment."""
    data = dict(name="lsun", folder="lsun", category="bedroom", image_size=64, batch_size=64)
    return zoo.start_from("ehm_bedrooms64", {"data": data})
