"""The tests on real Ray clusters, each file in a process of its own.

A process holds one connection to a cluster, and some of these tests kill their cluster.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
FILES = (
    "tests/cluster/test_ray.py",
    "tests/jobs/test_on_cluster.py",
    "tests/tabs/test_cluster_page.py",
)
ATTEMPTS = 2  # a busy machine may miss Ray's own deadlines
HAS_WHEEL = sys.version_info < (3, 14) and platform.machine() in (
    "x86_64",
    "AMD64",
    "arm64",
    "aarch64",
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not HAS_WHEEL and importlib.util.find_spec("ray") is None,
        reason="Ray has no wheel for this Python",
    ),
]


def results(file: str, marker: str, report: Path) -> tuple[dict[str, int], str]:
    """How many tests of a file ran and failed, and what was printed.

    The exit status is left alone: the end of a process whose cluster was killed may crash in Ray.
    """
    command = [sys.executable, "-m", "pytest", file, "-m", marker, f"--junitxml={report}"]
    done = subprocess.run(
        [*command, "-W", "ignore", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=os.environ | {"GANVAS_TEST_RAY": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.is_file():
        return {"tests": 0}, done.stdout + done.stderr
    (suite,) = ElementTree.parse(report).getroot().iter("testsuite")
    return {
        name: int(suite.get(name, "1")) for name in ("tests", "failures", "errors", "skipped")
    }, done.stdout


def check(file: str, marker: str, folder: Path) -> None:
    for attempt in range(ATTEMPTS):
        counts, printed = results(file, marker, folder / f"{attempt}.xml")
        if counts["tests"] and not any(counts[name] for name in ("failures", "errors", "skipped")):
            return
    pytest.fail(printed[-8000:])


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("file", FILES)
def test_on_a_cluster(file, tmp_path):
    check(file, "not long", tmp_path)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("file", FILES[1:])
def test_on_a_cluster_in_full(file, tmp_path):
    check(file, "long", tmp_path)
