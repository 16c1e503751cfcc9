"""A visitor adds a user model on a private machine."""

from pathlib import Path

from playwright.sync_api import expect

from tabs import user_models

GOLDEN = Path(__file__).parent.parent / "golden"


def test_a_user_model_is_checked_offered_and_removed(visitor, tmp_path):
    page = visitor.page
    page.click("#tab-your-file-button")
    page.set_input_files(
        "#own-file input[type=file]", str(GOLDEN / "stylegan2_uncond.weights.safetensors")
    )
    expect(page.locator("#own-format input")).to_have_value("stylegan2-nvlabs")
    page.fill("#own-title textarea, #own-title input", "Tiny cats")
    page.click("#own-add")
    expect(page.locator("#own-info")).to_contain_text("Tiny cats is ready")
    other = visitor.open("?model=own-tiny-cats&seeds=1,2")
    expect(other.locator("#latent-gallery .caption-label")).to_have_text(["seed 1", "seed 2"])
    expect(other.locator("#latent-tab-edit-button")).to_be_visible()
    visitor.page = page
    page.click("#own-remove")
    expect(page.locator("#own-info")).to_contain_text("Removed")


def test_an_unsafe_file_is_refused_with_a_message(visitor, tmp_path):
    import torch

    path = tmp_path / "model.pth"
    torch.save({"model": torch.nn.Linear(1, 1)}, path)
    page = visitor.page
    page.click("#tab-your-file-button")
    page.set_input_files("#own-file input[type=file]", str(path))
    expect(page.locator(".toast-body")).to_contain_text("state_dict")


def test_a_public_page_takes_no_files(monkeypatch):
    for name, value, private in (
        ("SPACE_ID", "someone/ganvas", False),
        ("GRADIO_SERVER_NAME", "0.0.0.0", False),
        ("GANVAS_OWN_FILES", "0", False),
        ("GANVAS_OWN_FILES", "1", True),
        ("GRADIO_SERVER_NAME", "localhost", True),
    ):
        with monkeypatch.context() as patch:
            for other in ("SPACE_ID", "GRADIO_SERVER_NAME", "GANVAS_OWN_FILES"):
                patch.delenv(other, raising=False)
            patch.setenv(name, value)
            assert user_models.is_private() is private
