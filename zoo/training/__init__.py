"""Training: a run in a working directory, which can be stopped and started again."""
