"""Look the locked packages up in PyPI's list of known vulnerabilities, where it can be reached."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements-dev-lock.txt"
SECONDS = 40  # for all packages
NOT_LOOKED_UP = "Known vulnerabilities were not looked up: "
UNREACHABLE = NOT_LOOKED_UP + "their list cannot be reached from here."
_NETWORK = re.compile(r"ConnectionError|Timeout|ServiceError|Max retries|HTTPError|SSLError")


class UnreachableError(Exception):
    """The list of vulnerabilities did not answer, or not in time."""


def ask(requirements: Path, options: Sequence[str]) -> list[dict]:
    """What pip-audit says of each package of a file; those it does not know left out.

    Raises:
        UnreachableError: the list did not answer.
        RuntimeError: pip-audit failed for another reason.
    """
    command = [sys.executable, "-m", "pip_audit", "-r", str(requirements), "--disable-pip"]
    command += ["-f", "json", "--progress-spinner", "off", "--timeout", "5", *options]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired as error:
        raise UnreachableError from error
    if done.returncode not in (0, 1) or not done.stdout.startswith("{"):
        if _NETWORK.search(done.stderr):
            raise UnreachableError
        raise RuntimeError(done.stderr.strip())
    return [row for row in json.loads(done.stdout)["dependencies"] if "vulns" in row]


def findings(rows: Sequence[dict]) -> list[str]:
    """One line for each vulnerability: package, version, its id, the versions that mend it."""
    return [
        f"{row['name']} {row['version']}: {found['id']}, mended in "
        f"{', '.join(found['fix_versions']) or 'no version yet'}"
        for row in rows
        for found in row["vulns"]
    ]


def one_package(lock: Path, folder: Path) -> Path:
    """A file of requirements with the first package of `lock` alone."""
    path = folder / "one.txt"
    found = re.search(r"^\S+==\S+", lock.read_text("utf-8"), re.MULTILINE)
    path.write_text(found.group() if found else "")
    return path


def main(options: Sequence[str], lock: Path = LOCK) -> int:
    """0 where nothing is known or nothing can be looked up, 1 with the findings.

    One package is looked up first: where that fails, the others are not asked for.
    """
    if importlib.util.find_spec("pip_audit") is None:
        print(NOT_LOOKED_UP + "pip-audit is not installed.")
        return 0
    try:
        with tempfile.TemporaryDirectory() as folder:
            if not ask(one_package(lock, Path(folder)), ["--no-deps", *options]):
                raise UnreachableError
        rows = ask(lock, ["--require-hashes", *options])
    except UnreachableError:
        print(UNREACHABLE)
        return 0
    except RuntimeError as error:
        print(f"pip-audit failed: {error}")
        return 1
    found = findings(rows)
    print("\n".join(found) or f"No vulnerability is known in {len(rows)} locked packages.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
