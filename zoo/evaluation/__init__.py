"""Evaluation: one file answers one question about a model."""
