"""Resources server: migrate a program to a new version of its library, graded by execution.

``verifier_metadata`` of a row holds the expected results, which no model is shown. What cannot be
graded for a reason of this machine answers 503, which is no reward.
"""

from fastapi import HTTPException
from nemo_gym.base_resources_server import (
    BaseResourcesServerConfig,
    BaseRunRequest,
    BaseVerifyRequest,
    BaseVerifyResponse,
    SimpleResourcesServer,
)
from pydantic import BaseModel, ConfigDict, field_validator

from recode_data.errors import BadFile, RecodeError
from recode_data.rewards.tasks import Task, reward


class Metadata(BaseModel):
    """A row's name and the task that grades answers to it."""

    model_config = ConfigDict(extra="allow")

    id: str
    task: str

    @field_validator("task")
    @classmethod
    def readable(cls, text: str) -> str:
        try:
            Task.from_json(text)
        except BadFile as error:
            raise ValueError(error.message) from error
        return text


class UpdatesConfig(BaseResourcesServerConfig):
    pass


class UpdatesRunRequest(BaseRunRequest):
    model_config = ConfigDict(extra="allow")

    verifier_metadata: Metadata


class UpdatesVerifyRequest(UpdatesRunRequest, BaseVerifyRequest):
    pass


class UpdatesVerifyResponse(BaseVerifyResponse):
    model_config = ConfigDict(extra="allow")


class UpdatesResourcesServer(SimpleResourcesServer):
    config: UpdatesConfig

    async def verify(self, body: UpdatesVerifyRequest) -> UpdatesVerifyResponse:
        task = Task.from_json(body.verifier_metadata.task)
        try:
            value = await reward(task, body.response.output_text)
        except RecodeError as error:
            raise HTTPException(503, error.message) from error
        return UpdatesVerifyResponse(**body.model_dump(), reward=value)


if __name__ == "__main__":
    UpdatesResourcesServer.run_webserver()
