"""The binaries: `python -m tools.train`, `evaluate`, `export`, `sample`, `catalog`."""

import os
import sys

# TensorFlow's start-up messages say nothing that a user of these tools can act on; set the variable to see them.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

try:
    import zoo  # noqa: F401
except ImportError as error:
    sys.exit(f"error: {error}")
