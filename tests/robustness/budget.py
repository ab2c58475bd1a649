"""How much the slow suites do: the full figures, or what an environment variable says."""

import os

KILLS = int(os.environ.get("ZOO_KILLS", "50"))
SOAK_STEPS = int(os.environ.get("ZOO_SOAK_STEPS", "10000"))
FUZZ_SECONDS = float(os.environ.get("ZOO_FUZZ_SECONDS", "600"))
FUZZ_SEED = int(os.environ.get("ZOO_FUZZ_SEED", "0"))
