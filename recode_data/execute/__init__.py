"""Execution of untrusted code in pinned environments: the one way code is ever run."""
