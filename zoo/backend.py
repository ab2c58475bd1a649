"""Settles on Keras' TensorFlow backend before Keras is imported: the models are made of tfp distributions."""

import os

if os.environ.setdefault("KERAS_BACKEND", "tensorflow") != "tensorflow":
    raise ImportError(
        f"KERAS_BACKEND is {os.environ['KERAS_BACKEND']!r}, but the zoo runs on tensorflow only: unset it or set it to that"
    )
