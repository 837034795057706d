"""A Harbor environment without a container engine: bubblewrap over this machine's own files.

Each environment has folders of its own for all that tasks write (`OWN`); programs, interpreters
and the cache of environments are this machine's. It is what the images hold, so the scripts of a
tree run as they stand.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, override

from harbor.environments.base import BaseEnvironment, ExecResult

OWN = ("app", "tests", "solution", "logs")
ROOT = Path(__file__).parent.parent.parent


class LocalEnvironment(BaseEnvironment):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="harbor-"))
        for name in OWN:
            (self.root / name).mkdir()
        programs = self.root / "bin"
        programs.mkdir()
        shim = programs / "recode-data"
        python = os.environ.get("RECODE_DATA_PYTHON", sys.executable)
        shim.write_text(f'#!/bin/sh\nexec env PYTHONPATH={ROOT} {python} -m recode_data "$@"\n')
        shim.chmod(0o755)
        super().__init__(*args, **kwargs)

    @staticmethod
    @override
    def type() -> str:
        return "local"

    @override
    def _validate_definition(self) -> None:
        assert self.task_env_config.docker_image

    @override
    async def start(self, force_build: bool) -> None:
        for name in ("agent", "verifier", "artifacts"):
            (self.root / "logs" / name).mkdir()

    @override
    async def stop(self, delete: bool) -> None:
        shutil.rmtree(self.root, ignore_errors=True)

    def _place(self, path: str) -> Path:
        assert path.strip("/").split("/")[0] in OWN, path
        return self.root / path.strip("/")

    @override
    async def upload_file(self, source_path: Path | str, target_path: str) -> None:
        target = self._place(target_path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source_path, target)

    @override
    async def upload_dir(self, source_dir: Path | str, target_dir: str) -> None:
        shutil.copytree(source_dir, self._place(target_dir), dirs_exist_ok=True)

    @override
    async def download_file(self, source_path: str, target_path: Path | str) -> None:
        Path(target_path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self._place(source_path), target_path)

    @override
    async def download_dir(self, source_dir: str, target_dir: Path | str) -> None:
        shutil.copytree(self._place(source_dir), target_dir, dirs_exist_ok=True)

    @override
    async def exec(
        self,
        command: str,
        cwd: str | None = None,
        env: dict[str, str] | None = None,
        timeout_sec: int | None = None,
        user: str | int | None = None,
    ) -> ExecResult:
        shared = [
            word
            for folder in sorted(Path("/").iterdir())
            if folder.name not in (*OWN, "proc", "dev")
            for word in ("--bind", str(folder), str(folder))
        ]
        own = [w for name in OWN for w in ("--bind", str(self.root / name), f"/{name}")]
        process = await asyncio.create_subprocess_exec(
            "bwrap", *shared, "--dev-bind", "/dev", "/dev", "--bind", "/proc", "/proc", *own,
            "--chdir", cwd or "/app", "bash", "-c", command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}", **(env or {})},
        )  # fmt: skip
        said, complained = await asyncio.wait_for(process.communicate(), timeout_sec)
        return ExecResult(
            stdout=said.decode(), stderr=complained.decode(), return_code=process.returncode or 0
        )
