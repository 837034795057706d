"""``uvicorn server.app:app``, or ``python -m recode_updates_env.server.app``."""

import argparse

from openenv.core.env_server.http_server import create_app

try:
    from ..models import UpdateAction, UpdateObservation
    from .updates_environment import UpdatesEnvironment
except ImportError:  # the folder itself is the root, as in a Space
    from models import UpdateAction, UpdateObservation
    from server.updates_environment import UpdatesEnvironment

SESSIONS = 64
app = create_app(
    UpdatesEnvironment,
    UpdateAction,
    UpdateObservation,
    env_name="recode_updates_env",
    max_concurrent_envs=SESSIONS,
)


def main(host: str = "127.0.0.1", port: int = 8000) -> None:
    """Serve until it is stopped."""
    import uvicorn

    uvicorn.run(app, host=host, port=port)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    if (given.host, given.port) == ("127.0.0.1", 8000):
        main()
    else:
        main(given.host, given.port)
