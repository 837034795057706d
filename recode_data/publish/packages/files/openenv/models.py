"""What goes to the environment and what comes back."""

from typing import Literal

from pydantic import Field

from openenv.core.env_server.types import Action, Observation, State


class UpdateAction(Action):
    """A program that is run on the new version, or submitted as the answer."""

    code: str = Field(..., description="The whole program")
    kind: Literal["run", "submit"] = Field("submit", description="Run it, or submit it")


class UpdateObservation(Observation):
    """What is asked, or what a program did."""

    text: str = Field("", description="The task after a reset; a program's output after a run")


class UpdateState(State):
    """Which row is being solved."""

    row: str = Field("", description="Id of the row")
