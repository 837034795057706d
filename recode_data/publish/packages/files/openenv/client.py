"""Client of the environment's server."""

from typing import Any

from openenv.core import EnvClient
from openenv.core.client_types import StepResult

from .models import UpdateAction, UpdateObservation, UpdateState


class UpdatesEnv(EnvClient[UpdateAction, UpdateObservation, UpdateState]):
    """One session: ``reset``, any number of runs, one submission."""

    def _step_payload(self, action: UpdateAction) -> dict[str, Any]:
        return {"code": action.code, "kind": action.kind}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[UpdateObservation]:
        done, reward = payload.get("done", False), payload.get("reward")
        text = payload.get("observation", {}).get("text", "")
        observation = UpdateObservation(text=text, done=done, reward=reward)
        return StepResult(observation=observation, reward=reward, done=done)

    def _parse_state(self, payload: dict[str, Any]) -> UpdateState:
        return UpdateState(**payload)
