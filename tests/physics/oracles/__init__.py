"""Exact solutions, independent of the solver, by which it is judged."""
