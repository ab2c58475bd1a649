"""The binaries: `python -m tools.train`, `evaluate`, `export`, `sample`, `catalog`; once installed, `zoo-train` and so on."""

import sys

from . import _quiet

_quiet.install()

try:
    import zoo  # noqa: F401
except ImportError as error:
    sys.exit(f"error: {error}")
