"""Execution of untrusted code in pinned environments: the one way code is ever run.

env = resolve(library, "1.24.4")
with Executor(jobs=2) as executor:
    run = executor.run_one(Job("import numpy as np; x = np.arange(3)", env))
"""

from __future__ import annotations

from recode_data.execute.environments import ensure
from recode_data.execute.executor import Engine, Executor, open_engine
from recode_data.execute.job import RUNNER, Job, Probe, Reply, runner
from recode_data.execute.sandbox import Limits
from recode_data.execute.wheels import pythons, resolve, resolve_pair

__all__ = [
    "RUNNER",
    "Engine",
    "Executor",
    "Job",
    "Limits",
    "Probe",
    "Reply",
    "ensure",
    "open_engine",
    "pythons",
    "resolve",
    "resolve_pair",
    "runner",
]
