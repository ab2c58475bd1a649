"""Samplers: chains that keep a distribution known up to its constant, and what annealing along them says of that constant."""
