"""The Fine-tune tab without a page: texts, offers and calls of the jobs."""

import re
import threading
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import pytest
from PIL import Image

from gan_models import JobError, NotFound, Quotas
from tabs import finetune
from tabs.components import tickets
from tabs.components.visitor import Visitor
from tabs.finetune import (
    api,
    bases,
    curves,
    privacy,
    progress,
    render,
    results,
    settings,
    start,
    swap,
)
from tabs.finetune.state import Seen, run_choices, run_dropdown
from tabs.languages.catalogue import translator
from tabs.languages.own_text import unmarked


def status(**facts):
    """The status of a run that is half done."""
    known = {
        **{"id": "j1", "title": "My <garden>", "base": "landscapes", "preset": "quick"},
        **{"state": "running", "place": 0, "step": 300, "kimg": 2.5, "total_kimg": 5.0},
        **{"eta_seconds": 125.0, "images_per_second": 12.5, "message": "", "num_pictures": 40},
        **{"num_bytes": 2_500_000, "created": 0.0, "expires": 4e9, "sheets": (), "raw_sheets": ()},
        **{"snapshots": (), "curves": None, "nearest": None, "latest_metrics": {}},
        **{"has_generator": True, "health": SimpleNamespace(state="learning", sentence="Learns.")},
    }
    return SimpleNamespace(**known | facts)


class OneRun:
    """Jobs with one run, of the key "right"."""

    def __init__(self, run, folder=None):
        self.run, self.folder = run, folder

    def list(self, key):
        if key != "right":
            raise NotFound
        return [self.run] if self.run else []

    def status(self, key, job):
        return self.run

    def generator(self, key, job, step=None):
        if self.run is None or (key, job) != ("right", self.run.id):
            raise NotFound
        if step is not None and step not in self.run.snapshots:
            raise JobError(f"There is no snapshot of step {step}.")
        return self.folder / (f"{step}.safetensors" if step is not None else "newest.safetensors")


def test_the_card_shows_the_status_and_escapes_names():
    card = render.status_card(status())
    assert "Training" in card
    assert "width:50.0%" in card
    assert "2,500 of 5,000 pictures seen" in card
    assert "about 2 min left" in card
    assert "Learns." in card
    assert "My &lt;garden&gt;" in card
    assert "<garden>" not in card


def test_the_card_shows_the_place_in_the_queue():
    assert "place 3 in the queue" in render.status_card(status(state="queued", place=3, step=0))
    assert "next in the queue" in render.status_card(status(state="queued", place=1, step=0))


def test_the_card_shows_metrics_and_when_a_run_is_deleted():
    measured = {"kid_effl0": 0.12345, "diversity_share": 0.71, "memorised_share": 0.0}
    card = render.status_card(status(state="finished", latest_metrics=measured, expires=0))
    assert "KID to your pictures 0.123" in card
    assert "71%" in card
    assert "if nobody opens it" in card
    assert "width:100.0%" in card


def test_a_failed_run_shows_its_message():
    card = render.status_card(status(state="failed", message="The disk is full; make tab."))
    assert "The disk is full; make tab." in card


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "1 s"), (59, "59 s"), (125, "2 min"), (3600, "1 h"), (7500, "2 h 5 min"), (7e5, "8 days")],
)
def test_durations_as_text(seconds, said):
    assert render.duration(seconds) == said


def test_refused_pictures_come_first_with_their_reasons():
    verdicts = [SimpleNamespace(name=f"{k}.png", taken=True, reason="") for k in range(3)]
    verdicts.append(SimpleNamespace(name="<b>.svg", taken=False, reason="It is no picture."))
    drawn = render.verdict_list(verdicts)
    assert "3 pictures taken" in drawn
    assert "1 refused" in drawn
    assert drawn.index("&lt;b&gt;.svg") < drawn.index("0.png")
    assert "It is no picture." in drawn
    assert "none refused" in render.verdict_list(verdicts[:3])


def test_a_long_list_of_verdicts_is_truncated():
    verdicts = [SimpleNamespace(name=f"{k}", taken=False, reason="Too small.") for k in range(2000)]
    drawn = render.verdict_list(verdicts)
    assert "and 1800 more" in drawn
    assert "2000 of them: Too small." in drawn


def test_an_empty_field_takes_the_value_of_the_preset():
    assert settings.read(["" if s.options else None for s in settings.SETTINGS]) == {}


def test_settings_are_named_as_in_the_training():
    from gan_models.finetuning.settings import FinetuneSettings

    typed = {"seconds": "2", "kimg": " 1.5", "mirror": "no", "batch": "4", "augmentation": "ada"}
    values = [typed.get(s.name, "") for s in settings.SETTINGS]
    chosen = settings.read(values)
    assert chosen == {"seconds": 120, "kimg": 1.5, "mirror": False, "batch": 4} | {
        "augmentation": "ada"
    }
    assert FinetuneSettings.from_dict(chosen).batch == 4
    assert {s.name for s in settings.SETTINGS} <= set(FinetuneSettings.__dataclass_fields__)


def test_half_a_picture_a_step_is_refused():
    for typed in ("4.5", "four", "nan"):
        values = [typed if s.name == "batch" else None for s in settings.SETTINGS]
        with pytest.raises(ValueError, match="Pictures a step must be a whole number"):
            settings.read(values)


def test_every_setting_has_its_help():
    assert all(len(setting.help) > 20 for setting in settings.SETTINGS)


def test_the_newest_grid_is_in_view_until_the_slider_is_dragged_back():
    sheets = tuple(Path(f"{k:07d}.png") for k in range(5))
    seen = Seen("j1", num_sheets=4)
    assert progress.position_to_show(status(sheets=sheets), 4, seen) == 5
    assert progress.position_to_show(status(sheets=sheets), 2, seen) == 2
    assert progress.position_to_show(status(sheets=sheets), 2, Seen("another", 4)) == 5
    assert progress.position_to_show(status(), 2, Seen()) == 0


def test_a_grid_is_sent_once_and_the_raw_one_where_it_is_asked_for(tmp_path):
    sheets, raw = [], []
    for folder, found in ((tmp_path / "sheets", sheets), (tmp_path / "raw", raw)):
        folder.mkdir()
        found.append(folder / "0000040.png")
        Image.new("RGB", (4, 4), "red" if found is raw else "blue").save(found[0])
    run = status(sheets=tuple(sheets), raw_sheets=tuple(raw))
    name, drawn = progress._grid(run, 1, "average", Seen())
    assert "After 40 steps" in drawn
    again = progress._grid(run, 1, "average", Seen("j1", 1, name))
    assert isinstance(again[1], dict)  # to be skipped
    other, raw_drawn = progress._grid(run, 1, "raw", Seen("j1", 1, name))
    assert other != name
    assert raw_drawn != drawn


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        ("queued", {"pause", "stop", "delete"}),
        ("running", {"pause", "stop", "delete"}),
        ("paused", {"resume", "stop", "delete"}),
        ("stopped", {"resume", "delete"}),
        ("failed", {"resume", "delete"}),
        ("finished", {"delete"}),
    ],
)
def test_only_possible_actions_are_offered(state, actions):
    assert {*progress.actions_of(state)} == actions


def test_curves_are_drawn_from_the_tables_of_a_run(tmp_path):
    rows = [f"{k},{k / 100},{1 - k / 1000},{0.5}" for k in range(1, 801)]
    tmp_path.joinpath("losses.csv").write_text(
        "\n".join(["step,kimg,generator,discriminator", *rows, "801,8.0"])
    )
    tmp_path.joinpath("metrics.csv").write_text("step,kimg,kid_effl0\n0,0.0,0.4\n99,0.9,nan\n")
    drawn = curves.curves(tmp_path)
    assert "Distance to your pictures" in drawn
    assert "Losses" in drawn
    assert "0.2</span>" in drawn  # the last of the generator's
    lines = re.findall(r'points="([^"]+)"', drawn)
    assert max(len(line.split()) for line in lines) <= 150
    assert all("nan" not in line for line in lines)


def test_without_measurements_the_curves_say_so(tmp_path):
    assert "first measurements" in curves.curves(tmp_path)


def test_snapshots_are_offered_the_newest_first():
    offered = results.step_choices(status(snapshots=(0, 100, 1200)))
    assert [value for _, value in offered] == ["newest", "1200", "100", "0"]
    assert [results.read_step(value) for _, value in offered] == [None, 1200, 100, 0]
    for bad in ("-1", "../x", "1.5"):
        with pytest.raises(ValueError, match="snapshots"):
            results.read_step(bad)


def test_file_names_are_the_title_of_the_run_without_special_characters():
    assert results.file_title(status(title="My <garden> ../../🌷 2")) == "my-garden-2"
    assert results.file_title(status(title="🌷")) == "fine-tuned"


def test_a_status_for_programs_holds_no_path(tmp_path):
    from dataclasses import dataclass

    @dataclass
    class Health:
        state: str
        sentence: str

    public = api.public_status(status(sheets=(tmp_path / "x.png",), health=Health("learning", "x")))
    assert str(tmp_path) not in str(public)
    assert public["health"]["state"] == "learning"


def test_the_runs_in_view_are_the_unfinished_first():
    runs = [status(id="new", state="finished"), status(id="old", state="running")]
    assert run_dropdown(runs, None).value == "old"
    assert run_dropdown(runs, "new").value == "new"
    assert run_dropdown(runs, None).visible
    assert not run_dropdown(runs[:1], None).visible
    assert run_dropdown([], "gone").value is None


def test_without_a_base_model_the_page_says_what_to_do():
    jobs = SimpleNamespace(bases=lambda: ())
    assert bases.choices(jobs) == []
    with pytest.raises(ValueError, match=r"checkpoints/landscapes\.safetensors"):
        bases.checked_base(jobs, "")


def test_the_line_on_stored_data():
    assert privacy.storage_line([status(), status()]) == (
        "Kept for you: 2 runs with 80 pictures, 5.0 MB in all."
    )
    assert privacy.storage_line([]) == privacy.NOTHING
    unstarted = "12 pictures that no run was started with"
    assert privacy.storage_line([], 12, 1_000_000) == f"Kept for you: {unstarted}, 1.0 MB in all."
    assert privacy.storage_line([status()], 12, 1_000_000) == (
        f"Kept for you: 1 run with 40 pictures and {unstarted}, 3.5 MB in all."
    )


def test_a_ticket_does_not_contain_the_key_and_is_stable(tmp_path):
    visitor = Visitor(None, OneRun(status(snapshots=(0, 40)), tmp_path))
    [(title, ticket)] = visitor.choices("right")
    assert unmarked(title) == "Yours: My <garden>"
    assert "right" not in ticket
    assert visitor.choices("right") == [(title, ticket)]
    assert visitor.choices("wrong") == visitor.choices("") == visitor.choices(None) == []


def test_a_ticket_is_loaded_as_the_file_and_other_ids_as_they_are(tmp_path):
    visitor = Visitor(None, OneRun(status(snapshots=(0, 40)), tmp_path))
    [(_, newest)] = visitor.choices("right")
    run = visitor.jobs.run
    first = tickets.issue_ticket("right", run.id, 0, visitor.model("right", run, 0))
    loaded = []
    load = tickets.with_tickets(lambda model, **options: loaded.append((model, options)))
    for model in (newest, first, "faces-64"):
        load(model, progress=None)
    names = [f"{tmp_path}/40.safetensors", f"{tmp_path}/0.safetensors", "faces-64"]
    assert loaded == [(name, {"progress": None}) for name in names]


def test_a_model_can_be_opened_after_its_snapshot_was_deleted(tmp_path):
    run = status(snapshots=(0, 40, 75))
    visitor = Visitor(None, OneRun(run, tmp_path))
    [(_, ticket)] = visitor.choices("right")
    model = tickets.ticket_model(ticket)
    assert model.find() == tmp_path / "75.safetensors"
    run.snapshots = (0, 40, 90, 120)  # older snapshots are deleted as the run continues
    assert tickets.checked_any(ticket, "latent") == ticket
    assert model.find() == tmp_path / "90.safetensors"
    run.snapshots = (0, 40)
    assert model.find() == tmp_path / "newest.safetensors"


def test_the_finished_generator_is_the_newest_of_a_finished_run(tmp_path):
    visitor = Visitor(None, OneRun(status(state="finished", snapshots=(0, 40)), tmp_path))
    [(_, ticket)] = visitor.choices("right")
    assert tickets.ticket_model(ticket).find() == tmp_path / "newest.safetensors"


def test_a_snapshot_of_the_last_visit_is_listed_again(tmp_path):
    visitor = Visitor(None, OneRun(status(snapshots=(0, 40)), tmp_path))
    ticket = tickets.issue_ticket("right", "j1", 0, visitor.model("right", visitor.jobs.run, 0))
    listed = visitor.choices("right", also=ticket)
    titles = [unmarked(title) for title, _ in listed]
    assert titles == ["Yours: My <garden>", "Yours: My <garden>, step 0"]
    assert len(visitor.choices("right", also="mine-of-somebody-else")) == 1


def test_the_ticket_of_a_deleted_model_is_refused(tmp_path):
    jobs = OneRun(status(), tmp_path)
    [(_, ticket)] = Visitor(None, jobs).choices("right")
    assert tickets.checked_any(ticket, "latent") == ticket
    jobs.run = None
    with pytest.raises(NotFound):
        tickets.checked_any(ticket, "latent")


def test_no_link_and_no_file_name_contains_a_ticket(tmp_path):
    from tabs.latent.state import Sheet

    [(_, ticket)] = Visitor(None, OneRun(status(), tmp_path)).choices("right")
    assert Sheet.read(ticket, "0-3", 1).query == ""
    assert tickets.file_stem(ticket) == "yours-my-garden"
    assert tickets.file_stem("faces-64") == "faces-64"


@pytest.fixture
def tab():
    """The tab over jobs that record their calls; gives the handlers of events."""
    asked = []
    preview = Image.new("RGB", (4, 4))
    known = {"landscapes": 32, "big": 1024}
    jobs = SimpleNamespace(
        asked=asked,
        quotas=Quotas(),
        bases=lambda: [
            SimpleNamespace(id=i, title=i, base_resolution=r, is_own=False)
            for i, r in known.items()
        ],
        list=lambda key: [status()],
        preview=lambda *given: asked.append(("preview", *given)) or (preview, preview),
        discard=lambda *given: asked.append(("discard", *given)),
    )
    with gr.Blocks() as page, gr.Tab("Fine-tune"):
        finetune.build(lambda model: None, Visitor(gr.BrowserState(""), jobs))

    def handler(elem_id, event):
        """The first handler of an event of a component."""
        [found] = [b for b in page.blocks.values() if getattr(b, "elem_id", None) == elem_id]
        fns = [fn for fn in page.fns.values() if (found._id, event) in fn.targets]
        return next(fn.fn for fn in fns if fn.fn is not None)

    return SimpleNamespace(jobs=jobs, handler=handler)


def test_another_augmentation_is_previewed(tab):
    show = tab.handler("finetune-augmentation", "input")
    assert "augmented" in show("right", "d1", "none")
    show("right", "d1", settings.AS_PRESET)
    assert tab.jobs.asked == [("preview", "right", "d1", a) for a in ("none", "diffaugment")]
    assert isinstance(show("right", "", "none"), dict)  # to be skipped


def test_cancelling_deletes_the_draft(tab):
    tab.handler("finetune-cancel", "click")("right", "d1")
    assert tab.jobs.asked == [("discard", "right", "d1")]


def test_layers_are_swapped_at_sizes_that_the_base_has(tab):
    assert [side for _, side in swap.size_choices(32)] == [8, 16, 32]
    assert swap.size_choices(1024)[-1] == ("from 1024 px on", 1024)
    offer = tab.handler("finetune-swapping", "expand")
    sizes = offer("right", "j1", 512)
    assert ([side for _, side in sizes.choices], sizes.value) == ([8, 16, 32], 32)
    assert offer("right", "j1", 16).value == 16


def test_a_cancelled_check_leaves_no_draft():
    went_on, ended = threading.Event(), threading.Event()

    def prepare(key, paths, base, crop, progress):
        went_on.wait(20)
        try:
            progress(1, 2)
        except ValueError:
            ended.set()
            raise

    jobs = SimpleNamespace(
        prepare=prepare, bases=lambda: [SimpleNamespace(id="b", base_resolution=8)]
    )
    taking = start.ingest(jobs, "key", ["a.png"], "b", "centre", None)
    next(taking)
    taking.close()
    went_on.set()
    assert ended.wait(20)


def test_a_run_that_has_the_title_of_something_else_is_not_translated():
    words = translator("zh-CN")
    run = status(title="Cats", state="finished")
    assert words.text("Cats") == "猫"
    [(label, _)] = run_choices([run])
    assert words.text(label) == "Cats · 已完成"
    card = words.text(render.status_card(run))
    assert "<b>Cats</b>" in card
    assert "猫" not in card


def test_a_picture_that_has_the_name_of_something_else_is_not_translated():
    taken = SimpleNamespace(name="Cats", taken=True, reason="")
    refused = SimpleNamespace(name="Sample", taken=False, reason="It is wholly transparent.")
    shown = translator("zh-CN").text(render.verdict_list([taken, refused]))
    assert "<b>Cats</b>" in shown
    assert "<b>Sample</b>" in shown
    assert "transparent" not in shown
