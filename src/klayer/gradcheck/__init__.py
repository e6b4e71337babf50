"""Numerical and complex-step derivatives against the written ones."""
