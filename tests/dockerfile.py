"""Runs the steps of a Dockerfile in a folder that stands for the root of its image."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Mapping
from fnmatch import fnmatchcase
from pathlib import Path

# what pip needs on this machine to find packages
PASSED_ON = re.compile(r"(PIP|SSL|REQUESTS|CURL)_\w+|\w+_(proxy|PROXY)")


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile in their order: name, and the rest on one line."""
    kept = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    lines = re.sub(r"\\\n\s*", "", kept).splitlines()
    pairs = [line.split(maxsplit=1) for line in lines if line.strip()]
    return [(name.upper(), rest) for name, rest in pairs]


def is_sent(path: str, dockerignore: str) -> bool:
    """Whether a file is in the context that Docker gets; the last pattern that fits decides."""
    sent = True
    parents = [part.as_posix() for part in (Path(path), *Path(path).parents)]
    for line in dockerignore.splitlines():
        pattern = line.strip().removeprefix("!").removeprefix("**/")
        if not pattern or pattern.startswith("#"):
            continue
        names = [Path(p).name for p in parents] if "**/" in line else parents[:-1]
        if any(fnmatchcase(name, pattern) for name in names):
            sent = line.startswith("!")
    return sent


class Image:
    """The steps of a Dockerfile, run one after the other.

    Paths of the image lie under `root`; its Python is a virtual environment that sees the packages
    of this one, so that what is there already is not installed again. `useradd` makes the home
    folder alone.

    Args:
        root: an empty folder.
        context: the folder that Docker would be given.
        paths: the absolute paths that the Dockerfile uses.
        build_args: values for ARG.
    """

    def __init__(
        self, root: Path, context: Path, paths: tuple[str, ...], build_args: Mapping[str, str]
    ) -> None:
        self.root, self.context, self.build_args = root, context, build_args
        self.paths = re.compile(rf"(?<![\w./~-])({'|'.join(paths)})(?![\w-])")
        self.user, self.workdir = "root", root
        self.users: list[str] = []
        self.command: list[str] = []
        self.health: list[str] = []
        self.ports: list[str] = []
        self.volumes: list[str] = []
        tools = self._make_tools()
        self.arguments: dict[str, str] = {}
        self.env = {k: v for k, v in os.environ.items() if PASSED_ON.fullmatch(k)}
        self.env |= {"PATH": f"{tools}:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(root / "root")}

    def _make_tools(self) -> Path:
        place = self.root / "python"
        venv.create(place, with_pip=False, symlinks=True)
        site = sysconfig.get_path("purelib", vars={"base": str(place)})
        Path(site, "packages.pth").write_text(sysconfig.get_path("purelib"), "utf-8")
        tools = place / "bin"
        self.add_tool(tools / "pip", f'exec "{tools}/python" -m pip "$@"')
        self.add_tool(tools / "useradd", f'echo "$@" >> "{self.root}/users"; mkdir -p "$5"')
        return tools

    @staticmethod
    def add_tool(path: Path, line: str) -> None:
        """Write a command of one line of shell."""
        path.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        path.chmod(0o755)

    def here(self, text: str) -> str:
        """A text with the image's paths replaced by those on this machine."""
        return self.paths.sub(lambda found: f"{self.root}{found.group()}", text)

    def build(self, text: str) -> None:
        """Run every instruction.

        Raises:
            subprocess.CalledProcessError: a RUN failed.
            AttributeError: an instruction that is not known here.
        """
        for name, rest in instructions(text):
            getattr(self, f"_{name.lower()}")(rest)

    def run(self, command: list[str], **options) -> subprocess.CompletedProcess:
        """Run a command in the image, as `docker exec` does."""
        return subprocess.run(
            command, cwd=self.workdir, env=self.env, capture_output=True, text=True,
            check=False, **options,
        )  # fmt: skip

    def _from(self, rest: str) -> None:
        self.base = rest

    def _arg(self, rest: str) -> None:
        name, _, default = rest.partition("=")
        self.arguments[name] = self.build_args.get(name, shlex.split(default)[0])

    def _env(self, rest: str) -> None:
        pairs = (word.split("=", 1) for word in shlex.split(rest))
        self.env |= {name: self.here(value) for name, value in pairs}

    def _workdir(self, rest: str) -> None:
        self.workdir = Path(self.here(rest))
        self.workdir.mkdir(parents=True, exist_ok=True)

    def _run(self, rest: str) -> None:
        subprocess.run(
            ["/bin/sh", "-c", self.here(rest)],
            cwd=self.workdir, env=self.env | self.arguments, check=True, timeout=600,
        )  # fmt: skip

    def _copy(self, rest: str) -> None:
        *sources, target = shlex.split(rest)
        dockerignore = (self.context / ".dockerignore").read_text("utf-8")
        for source in sources:
            path = self.context / source
            files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
            base = path.parent if path.is_file() else path
            sent = [p for p in files if is_sent(str(p.relative_to(self.context)), dockerignore)]
            assert sent, f"COPY {source}: .dockerignore leaves nothing of it"
            for file in sent:
                to = self.workdir / target / file.relative_to(base)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, to)

    def _user(self, rest: str) -> None:
        self.user = rest

    def _volume(self, rest: str) -> None:
        self.volumes.append(rest)

    def _expose(self, rest: str) -> None:
        self.ports.append(rest)

    def _healthcheck(self, rest: str) -> None:
        self.health = json.loads(rest.partition(" CMD ")[2])

    def _cmd(self, rest: str) -> None:
        self.command = json.loads(rest)


def start_first(image: Image, env: Mapping[str, str]) -> tuple[subprocess.Popen, int]:
    """Start the image's command as process 1, as in a container, where this machine allows it.

    The system does not end a process 1 by a signal that it does not handle.

    Returns:
        What was started, and the number of the process that gets the signals of a container.
    """
    alone = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]
    allowed = sys.platform == "linux" and shutil.which("unshare") is not None
    if not allowed or subprocess.run([*alone, "true"], capture_output=True).returncode != 0:
        alone = []
    started = subprocess.Popen(
        [*alone, *image.command], cwd=image.workdir, env=image.env | env,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    if not alone:
        return started, started.pid
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
    while not (found := children.read_text().split()) and started.poll() is None:
        time.sleep(0.05)
    return started, int(found[0])
