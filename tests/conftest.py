"""One page for all tests that need a running one; the real models, on this machine only."""

from __future__ import annotations

import os

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

import shutil
from pathlib import Path

import pytest

# tests of a trained model come with its weights
TRAINED = Path(__file__).parent.parent / "checkpoints" / "paint.safetensors"
collect_ignore = (
    [] if TRAINED.is_file() else ["pipelines/test_paint_model.py", "browser/test_paint_model.py"]
)
# each runs in a process of its own: see cluster/test_processes.py
if not os.environ.get("GANVAS_TEST_RAY"):
    collect_ignore += [
        "cluster/test_ray.py",
        "jobs/test_on_cluster.py",
        "tabs/test_cluster_page.py",
    ]


@pytest.fixture(scope="session", autouse=True)
def own_home(tmp_path_factory):
    """A home for what tests leave behind; the fetched weights of the real one, read in place."""
    from gan_models.paths import ganvas_home

    real, home = ganvas_home(), tmp_path_factory.mktemp("home")
    real.joinpath("weights").mkdir(parents=True, exist_ok=True)
    home.joinpath("weights").symlink_to(real / "weights", target_is_directory=True)
    before = os.environ.get("GANVAS_HOME")
    os.environ["GANVAS_HOME"] = str(home)
    from tabs.server import folders

    folders.prepare()  # as `create_app`, before any component learns where files lie
    yield home
    os.environ.pop("GANVAS_HOME") if before is None else os.environ.update(GANVAS_HOME=before)
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def page_url():
    """The address of the page, served by this process."""
    from app import create_app, launch

    app = create_app()
    _, url, _ = launch(app, server_port=None, prevent_thread_lock=True, quiet=True)
    yield url.rstrip("/")
    app.close()


# what trains, builds many networks, serves a page or starts programs: not for `make check`
SLOW = (
    *("training/", "finetuning/", "metrics/", "landscape/", "learning/", "networks/", "tabs/"),
    *(
        "cli/",
        "jobs/",
        "test_http",
        "test_tab_docs",
        "test_import",
        "test_readme",
        "test_checkpoints",
    ),
    *("test_stopping", "cluster/test_ray", "cluster/test_settings"),
    *("weights/test_wheels", "weights/test_locate", "zoo/test_user_models"),
    *("media/test_photos", "media/test_likeness", "pipelines/test_translation"),
    *("pipelines/test_restoration", "convert/test_real_esrgan", "convert/test_variants"),
    *("convert/test_channels", "convert/test_state_dicts", "convert/test_plain_pickles"),
)


def pytest_collection_modifyitems(items):
    """Mark as slow what stands in a slow folder or file."""
    for item in items:
        if item.path.relative_to(Path(__file__).parent).as_posix().startswith(SLOW):
            item.add_marker(pytest.mark.slow)
