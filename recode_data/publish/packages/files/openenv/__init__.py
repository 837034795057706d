"""Library API updates for OpenEnv: migrate a program to a new version, graded by execution."""

from .client import UpdatesEnv
from .models import UpdateAction, UpdateObservation, UpdateState

__all__ = ["UpdateAction", "UpdateObservation", "UpdateState", "UpdatesEnv"]
