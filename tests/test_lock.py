"""The lock files satisfy the requirements, have hashes, and are used only where they fit."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
RUN_TIME, TESTS = "requirements-lock.txt", "requirements-dev-lock.txt"
ENTRY = re.compile(r"^(\S+)==(\S+)((?: \\\n +--hash=sha256:[0-9a-f]{64})+)$", re.MULTILINE)


def entries(name: str) -> dict[str, tuple[Version, str]]:
    """Package -> its version and hashes."""
    text = (ROOT / name).read_text("utf-8")
    return {
        canonicalize_name(package): (Version(version), hashes)
        for package, version, hashes in ENTRY.findall(text)
    }


def requirements(name: str) -> list[Requirement]:
    """The lines of a file of requirements, those of a file that it includes first."""
    found = []
    for line in (ROOT / name).read_text("utf-8").splitlines():
        if line.startswith("-r "):
            found += requirements(line.removeprefix("-r "))
        elif line:
            found.append(Requirement(line))
    return found


def package_requirements() -> list[Requirement]:
    """Those of the library and of its extra for the page."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["app"]]
    return [Requirement(line) for line in lines]


def unmet(needed: list[Requirement], lock: str) -> list[str]:
    """Requirements, and those of their extras, that a lock file does not satisfy."""
    pinned = entries(lock)
    bad = []
    for requirement in needed:
        name = canonicalize_name(requirement.name)
        if name not in pinned or not requirement.specifier.contains(pinned[name][0]):
            bad.append(str(requirement))
        elif requirement.extras:
            bad += unmet(of_extras(requirement), lock)
    return bad


def of_extras(requirement: Requirement) -> list[Requirement]:
    """What the extras of an installed package need."""
    lines = importlib.metadata.requires(requirement.name) or []
    return [
        needed
        for needed in map(Requirement, lines)
        if needed.marker is not None
        and any(needed.marker.evaluate({"extra": extra}) for extra in requirement.extras)
    ]


@pytest.mark.parametrize(
    ("lock", "needed"),
    [
        (RUN_TIME, requirements("requirements.txt")),
        (RUN_TIME, package_requirements()),
        (TESTS, requirements("requirements-dev.txt")),
        (TESTS, package_requirements()),
    ],
)
def test_a_lock_file_satisfies_the_requirements(lock, needed):
    assert len(needed) > 5
    assert not unmet(needed, lock), "make lock renews the lock files"


@pytest.mark.parametrize(
    "planted", ["torch>=99", "no-such-package", "gradio[mcp]<6", "pydantic>=2.13"]
)
def test_a_requirement_that_is_not_satisfied_is_found(planted):
    assert unmet([Requirement(planted)], TESTS)


def test_the_extras_of_gradio_are_locked():
    names = {requirement.name for requirement in of_extras(Requirement("gradio[mcp,oauth]"))}
    assert {"mcp", "pydantic", "authlib", "itsdangerous"} <= names


@pytest.mark.parametrize("lock", [RUN_TIME, TESTS])
def test_every_entry_has_a_hash_and_nothing_else_is_in_the_file(lock):
    text = (ROOT / lock).read_text("utf-8")
    assert len(entries(lock)) == text.count("==") > 50
    rest = [line for line in ENTRY.sub("", text).splitlines() if not re.match(r" *#|$", line)]
    assert not rest
    assert not re.search(r"https?:|file:|--index|--find-links|@ ", text), "no addresses of indexes"


def test_what_runs_is_the_same_in_both_files():
    assert entries(RUN_TIME).items() <= entries(TESTS).items()


def test_the_lock_files_are_for_the_machine_of_ci():
    this = (platform.system(), platform.machine(), sys.version_info[:2])
    fits = this == ("Linux", "x86_64", (3, 11))
    assert (TESTS in set_up(sys.executable)) is fits
    assert fits or not os.environ.get("CI"), "name CI's Python in the Makefile, and run make lock"


def python_of(folder: Path, system: str, machine: str, version: str) -> str:
    """A Python that says it is of another machine."""
    path = folder / "python"
    path.write_text(
        f"#!{sys.executable}\n"
        "import platform, sys\n"
        f"platform.system = lambda: {system!r}\n"
        f"platform.machine = lambda: {machine!r}\n"
        f"platform.python_version = lambda: {version!r}\n"
        "exec(sys.argv[2])\n"
    )
    path.chmod(0o755)
    return str(path)


def set_up(python: str) -> str:
    """The commands of `make setup` in a tree that has not been set up."""
    done = subprocess.run(
        ["make", "-n", "-W", "requirements.txt", "setup", f"PYTHON={python}"],
        cwd=ROOT, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize(
    ("system", "machine", "version", "locked"),
    [
        ("Linux", "x86_64", "3.11.7", True),
        ("Linux", "x86_64", "3.11.14", True),
        ("Linux", "x86_64", "3.12.1", False),
        ("Linux", "x86_64", "3.1.1", False),
        ("Linux", "aarch64", "3.11.7", False),
        ("Darwin", "x86_64", "3.11.7", False),
        ("Darwin", "arm64", "3.13.0", False),
        ("Windows", "AMD64", "3.11.7", False),
    ],
)
def test_make_uses_the_lock_file_where_it_fits_alone(tmp_path, system, machine, version, locked):
    commands = set_up(python_of(tmp_path, system, machine, version))
    assert (f"--require-hashes -r {TESTS}" in commands) is locked
    assert ("-r requirements-dev.txt" in commands) is not locked
