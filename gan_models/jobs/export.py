"""Exports of a job: film, model card, layer swap, upload to the visitor's Hub account."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from gan_models.jobs.job_folder import generator_of, sheet_files
from gan_models.jobs.records import Job, JobError, JobHealth
from gan_models.jobs.views import latest_metrics, read_health

if TYPE_CHECKING:
    from huggingface_hub import HfApi, RepoUrl
    from huggingface_hub.errors import HfHubHTTPError

FILM_SECONDS, MOST_FPS, HOLD_SECONDS = 12, 12, 1.5
_REPO = re.compile(r"([a-zA-Z0-9][\w.-]*/)?[a-zA-Z0-9][\w.-]{0,95}", re.ASCII)
CONFLICT = 409  # HTTP: there is one already
_NEW = {".gitattributes"}  # the files of a repository that was just made


def film(folder: Path) -> Path:
    """All sheets as an MP4 of about twelve seconds; the last one stays visible longer.

    Raises:
        JobError: there are no sheets yet.
    """
    from PIL import Image

    from gan_models.media.video import VideoWriter

    sheets = sheet_files(folder)
    if not sheets:
        raise JobError("This job has made no pictures yet; wait for its first sheet.")
    out = folder / f"film-{sheets[-1].stem}-{len(sheets)}.mp4"
    if out.is_file():
        return out
    fps = max(2, min(MOST_FPS, round(len(sheets) / FILM_SECONDS)))
    frames = [*sheets, *[sheets[-1]] * round(HOLD_SECONDS * fps)]
    with VideoWriter(out, fps) as writer:
        for path in frames:
            with Image.open(path) as sheet:
                writer.add(sheet.convert("RGB"))
    for old in set(folder.glob("film-*.mp4")) - {out}:
        old.unlink(missing_ok=True)
    return out


def card(job: Job, folder: Path, step: int | None = None) -> str:
    """The model card of a job's generator: Markdown under the Hub's YAML header.

    Args:
        step: of a snapshot; None: the newest generator.

    Raises:
        JobError: there is no such generator.
    """
    from gan_models.weights import read_metadata
    from gan_models.weights.metadata import decode

    path = generator_of(folder, step)
    info = decode(path, read_metadata(path))
    training = info.get("training", {})
    kimg = training.get("kimg", job.kimg)
    metrics, health = training.get("metrics", {}), JobHealth()
    if step is None:  # the latest measures and health are those of the newest generator
        metrics, health = metrics or latest_metrics(folder), read_health(folder)
    lines = [
        "---",
        f"license: {_hub_licence(info['licence'])}",
        "library_name: ganvas",
        "pipeline_tag: unconditional-image-generation",
        "tags: [gan, ganvas, fine-tuned]",
        "inference: false",
        "---",
        "",
        f"# {_plain(job.title)}",
        "",
        f"A {info['family']} generator, fine-tuned from `{_plain(job.base)}` with Ganvas on "
        f"{job.num_pictures} pictures. The pictures themselves are not part of this file.",
        "",
        f"- **Base and its licence:** {_plain(job.base)}; {_plain(info['licence'])}; "
        f"{_plain(info['source'])}",
        f"- **Training:** {kimg:g} thousand pictures seen, preset {_plain(job.preset)}",
        f"- **Settings:** `{_plain(json.dumps(json.loads(job.settings)))}`",
        *([f"- **How it went:** {_plain(health.sentence)}"] if health.sentence else []),
        "",
        *_metric_table(metrics),
        "## Use",
        "",
        "```python",
        "import gan_models",
        'pipeline = gan_models.load_pipeline("generator.safetensors")',
        "images = pipeline.sample(seeds=[0, 1, 2, 3], truncation_psi=0.7)",
        "```",
        "",
        "## Limits",
        "",
        "A generator trained on few pictures can come close to repeating them: look at its samples "
        "beside the pictures before you share it, and share only what the people and the makers "
        "of the pictures agree to.",
        "",
    ]
    return "\n".join(lines)


def _metric_table(metrics: dict[str, float]) -> list[str]:
    if not metrics:
        return []
    rows = [f"| {_plain(name)} | {value:.4g} |" for name, value in metrics.items()]
    return ["| measure | value |", "| --- | --- |", *rows, ""]


def _plain(text: object) -> str:
    """Text on one line without Markdown's special characters."""
    return " ".join(re.sub(r"[\\`*_\[\]<>|#]", "", str(text)).split())


def _hub_licence(licence: str) -> str:
    """The Hub's id of a licence."""
    names = {"mit": "mit", "apache": "apache-2.0", "cc0": "cc0-1.0", "cc by 4": "cc-by-4.0"}
    return next((hub for start, hub in names.items() if licence.lower().startswith(start)), "other")


def swap(job: Job, folder: Path, resolution: int, coarse: str) -> Path:
    """A generator with layers of the base and of the job; see `Jobs.swap`.

    Raises:
        JobError: `coarse` is neither "base" nor "mine", or there is no generator yet.
        ValueError: the networks have no layers of that resolution.
        WeightsError: the base cannot be had.
    """
    from gan_models.finetuning.layer_swap import layer_swap

    if coarse not in ("base", "mine"):
        raise JobError("The coarse layers come from the base or from mine; choose one of them.")
    tuned = generator_of(folder)
    out = folder / "swaps" / f"coarse-{coarse}-{int(resolution)}.safetensors"
    out.parent.mkdir(exist_ok=True)
    pair = (job.base, tuned) if coarse == "base" else (tuned, job.base)
    return layer_swap(*pair, int(resolution), out)


def push_to_hub(job: Job, folder: Path, repo: str, token: str) -> str:
    """Upload generator, card and last sheet; see `Jobs.push_to_hub`.

    Raises:
        JobError: no valid name of a repository, no token, no generator yet, the name is taken, or
            the Hub refuses or cannot be reached.
    """
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    from gan_models.weights import is_offline

    if not _REPO.fullmatch(repo.strip()):
        raise JobError(
            "Name the repository as on the Hub, in letters, digits, dots and dashes: my-garden, or "
            "your account, a slash, and the name."
        )
    if not token.strip():
        raise JobError("A token of your Hub account is needed; make one that may write there.")
    if is_offline():
        raise JobError("GANVAS_OFFLINE forbids the network; unset it, and push again.")
    with tempfile.TemporaryDirectory(dir=folder) as staging:
        _gather(job, folder, Path(staging))
        try:
            api = HfApi(token=token.strip())
            url = _create_repo(api, repo.strip())
            api.upload_folder(
                repo_id=url.repo_id, folder_path=staging, commit_message="Add the generator"
            )
        except HfHubHTTPError as error:
            raise JobError(_refusal(error)) from error
        except HFValidationError as error:
            raise JobError(f"The Hub takes no such name: {error}. Choose another.") from error
        except (httpx.HTTPError, OSError) as error:
            raise JobError("The Hub could not be reached; try again later.") from error
    return str(url)


def _create_repo(api: HfApi, repo: str) -> RepoUrl:
    """Make a private repository; one that is private and still empty, of an upload that failed, is
    used again.

    Raises:
        JobError: there is another one of this name.
    """
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return api.create_repo(repo, private=True)
    except HfHubHTTPError as error:
        if _status_of(error) != CONFLICT:
            raise
        url = api.create_repo(repo, private=True, exist_ok=True)
        found = api.model_info(url.repo_id)
        files = {file.rfilename for file in found.siblings or ()}
        if not found.private or not files <= _NEW:
            raise JobError(
                f"There is a repository {url.repo_id} already; choose another name, or delete it "
                "on the Hub first."
            ) from error
        return url


def _gather(job: Job, folder: Path, staging: Path) -> None:
    """Copy the files to upload into a folder; no picture of the visitor is among them."""
    shutil.copyfile(generator_of(folder), staging / "generator.safetensors")
    text = card(job, folder)
    if sheets := sheet_files(folder):
        shutil.copyfile(sheets[-1], staging / "samples.png")
        text = text.replace("## Use\n", "![Samples](samples.png)\n\n## Use\n", 1)
    (staging / "README.md").write_text(text, "utf-8")


def _refusal(error: HfHubHTTPError) -> str:
    status = _status_of(error)
    if status in (401, 403):
        return (
            "The Hub refuses this token: log in again, or make one that may write to this account, "
            "and check the repository's name."
        )
    return f"The Hub refuses the upload (error {status}); try again later, or under another name."


def _status_of(error: HfHubHTTPError) -> int:
    return getattr(error.response, "status_code", 0)
