"""What all tests share: quiet libraries, and float64 where a test asks for it."""

import gc
import os

# Before TensorFlow is imported: its notices about the hardware say nothing about a test.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

# Workers share the cores: threads of one would only wait for those of another.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

import keras
import pytest


def pytest_collection_finish():
    """A full garbage collection looks at all that TensorFlow has imported, up to a second each, but for what is frozen."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def float64():
    """Models built in this test have float64 weights, so that equality can be asked for to rounding error."""
    floatx, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    # The policy follows floatx only until the first layer is built.
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(floatx)
    keras.config.set_dtype_policy(policy)
