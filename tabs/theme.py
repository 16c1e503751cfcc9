"""Theme, styles and scripts of the page."""

from pathlib import Path

from gradio.themes import Default, LocalFont

from tabs.components.models import ABSENT
from tabs.languages.catalogue import in_all_languages

# faces of weight 400 and 700 only: Gradio's files of weight 600 hold few letters of the alphabet
_FONT = LocalFont("IBM Plex Sans", weights=(400, 700))
_INK, _INK_DARK = "#047857", "#34d399"  # at least 4.5 : 1 on the page, and under white
THEME = Default(
    primary_hue="emerald",
    neutral_hue="slate",
    radius_size="md",
    font=(_FONT, "system-ui", "sans-serif"),
).set(
    body_text_color_subdued="#475569",
    body_text_color_subdued_dark="#a8b3c4",
    block_info_text_color="#475569",
    block_info_text_color_dark="#a8b3c4",
    block_label_text_color="#475569",
    block_label_text_color_dark="#cbd5e1",
    block_title_text_color="#334155",
    block_title_text_color_dark="#e2e8f0",
    input_placeholder_color="#5b6677",
    input_placeholder_color_dark="#a8b3c4",
    color_accent=_INK,
    link_text_color=_INK,
    link_text_color_dark=_INK_DARK,
    slider_color=_INK,
    checkbox_background_color_selected=_INK,
    checkbox_background_color_selected_dark=_INK,
    checkbox_border_color_selected=_INK,
    button_primary_background_fill=_INK,
    button_primary_background_fill_dark=_INK,
    button_primary_background_fill_hover="#065f46",
    button_primary_background_fill_hover_dark="#065f46",
    button_primary_text_color="white",
    button_primary_text_color_dark="white",
    button_large_text_weight="700",
)

CSS = """
.gradio-container { width: 100% !important; max-width: 1360px !important; margin: 0 auto; }
.gradio-container { overflow: clip !important; } /* hidden disables position: sticky */
.gradio-container > main { padding-top: 10px !important; }
#top { flex-wrap: nowrap; align-items: center; gap: 8px; }
#languages { flex: none; width: auto; min-width: 0; }
#languages nav { display: flex; gap: 2px; font-size: 13px; }
#languages button { padding: 4px 10px; border-radius: 6px; color: var(--body-text-color-subdued); }
#languages button[aria-current] { color: var(--body-text-color); font-weight: 700; }
#languages button:hover { background: var(--background-fill-secondary); }
#intro h1 { margin: 0; font-size: 24px; line-height: 1.2; }
#rooms > .tab-wrapper { margin-bottom: 4px; }
.dark .tab-container button.selected { color: #34d399; }
.card p, .card summary { font-size: 13px; line-height: 1.45; color: var(--body-text-color-subdued);
  overflow-wrap: anywhere; margin: 0; }
.card summary { cursor: pointer; }
.card details { font-size: 13px; color: var(--body-text-color-subdued); }
@media (pointer: coarse), (max-width: 760px) {
  button.lg, button.sm, .thumbnail-item, .wrap > label, label:has(> [type=checkbox]),
  label > input:not([type=radio], [type=checkbox]) { min-height: 44px; }
  .tab-wrapper, .tab-container { height: auto !important; }
  .tab-container > button { min-height: 44px; }
  .overflow-menu > button { min-width: 44px; min-height: 44px; }
  .source-selection { height: auto !important; }
  .source-selection .icon { min-width: 44px; min-height: 44px; display: inline-grid;
    place-items: center; }
  .source-selection .icon > * { width: 22px; height: 22px; }
  #languages button { min-width: 44px; min-height: 44px; }
  .toast-close { min-width: 44px; min-height: 44px; }
}
.field-problem { margin: 4px 12px 8px; font-size: 13px; font-weight: 700; color: #b91c1c; }
.dark .field-problem { color: #fca5a5; }
.wrong { border-color: #dc2626 !important; box-shadow: 0 0 0 1px #dc2626; }
.card:has(> .wrap .progress-level) { min-height: 56px; overflow: visible !important; }
.card:has(> .wrap .progress-level) > [data-testid="markdown-wrapper"] { visibility: hidden; }
.card > .wrap .progress-text { display: none; }
.card > .wrap .progress-level { width: 100%; }
.card > .wrap .progress-level-inner { font-family: inherit; font-size: 14px; margin: 0 0 6px; }
.card > .wrap .progress-bar-wrap { width: min(100%, 420px); height: 10px; border-radius: 5px; }
.sheet .grid-wrap { height: auto !important; min-height: 0; max-height: 560px; }
.main-sheet .grid-wrap { max-height: 672px !important; }
@media (max-width: 760px) {
  .first-on-phones { order: -1; }
  #rooms > .tab-wrapper .tab-container > button { padding: 0 11px; height: 44px; }
}
.large { aspect-ratio: 1; min-height: 192px; height: auto !important; }
.large .image-container { height: 100% !important; }
/* models that need a download are apart in the list */
ul.option-list li:is(ABSENT) { color: var(--body-text-color-subdued); }
ul.option-list li:not(ABSENT) + li:is(ABSENT) {
  border-top: 1px solid var(--border-color-primary); margin-top: 6px; padding-top: 8px; }
.sheet .grid-container {
  padding-top: 2.2em; gap: 6px;
  grid-template-columns: repeat(auto-fit, minmax(min(96px, 28%), 1fr)) !important;
}
.favourites .grid-container {
  grid-template-columns: repeat(auto-fill, minmax(min(192px, 45%), 1fr)) !important; }
.strip .grid-container { display: grid; grid-template-columns: none !important; gap: 3px;
  grid-auto-flow: column; grid-auto-columns: 192px; overflow-x: auto; padding-bottom: 6px; }
.strip .thumbnail-item { aspect-ratio: 1; height: auto; }
.strip .thumbnail-item img { height: 100%; object-fit: cover; }
.fill .image-frame, .fill .image-frame img, .fill button.image-button { width: 100%; height: 100%; }
.fill img { object-fit: contain; }
button.lg { padding: 7px 10px; font-size: 15px; white-space: nowrap; }
@media (max-width: 600px) {
  .strip .grid-container { grid-auto-columns: 110px; }
  .fill:not(.large) { height: 140px !important; }
  .main-sheet .grid-wrap { max-height: 58vh !important; }
}
.thumbs .grid-wrap { max-height: 250px; }
.thumbs .grid-container { grid-template-columns: repeat(3, minmax(0, 1fr)) !important; }
.sheet .gallery-item { max-width: none; }
[id$="-examples"] .gallery-item { min-height: 44px; }
.sheet .thumbnail-item { overflow: hidden; }
.sheet .caption-label {
  left: 0; right: auto; bottom: 0; max-width: 100%; padding: 0 5px; font-size: 11px;
  line-height: 15px; padding: 1px 5px; border-radius: 0 6px 0 0; border: 0; opacity: 0.92;
  white-space: normal; text-overflow: clip; overflow-wrap: anywhere; text-align: left;
}
.while-running { visibility: hidden; flex: 0 0 auto !important; }
.tabitem:has([data-testid="status-tracker"]:not(.hide):not(.hidden)) .while-running,
.tabitem:has(.generating) .while-running { visibility: visible; }
.run-card { display: grid; gap: 8px; padding: 12px 14px; border-radius: 8px;
  border: 1px solid var(--border-color-primary); background: var(--background-fill-secondary); }
.run-head { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; }
.run-head span:last-child { opacity: 0.75; font-size: 13px; }
.run-badge { padding: 1px 9px; border-radius: 9px; font-size: 13px; color: white;
  background: #64748b; }
.run-badge.running { background: #047857; }
.run-badge.queued, .run-badge.paused, .run-badge.stopping { background: #b45309; }
.run-badge.finished { background: #0369a1; }
.run-badge.failed { background: #b91c1c; }
.run-bar { height: 8px; border-radius: 4px; background: var(--border-color-primary); }
.run-bar i { display: block; height: 100%; border-radius: 4px; background: #10b981; }
.run-facts { font-size: 13px; opacity: 0.85; }
.run-health, .run-message { padding: 6px 10px; border-radius: 6px; font-size: 14px;
  border-left: 4px solid #64748b; background: var(--background-fill-primary); }
.run-health.learning { border-color: #10b981; }
.run-health.overfitting { border-color: #f59e0b; }
.run-health.collapsing, .run-health.diverged, .run-message { border-color: #dc2626; }
.run-figures { display: grid; gap: 12px;
  grid-template-columns: repeat(auto-fit, minmax(min(240px, 100%), 1fr)); }
.run-figure { margin: 0; }
.run-figure div { overflow-x: auto; border-radius: 8px; }
.run-figure img { display: block; width: 100%; border-radius: 8px; }
#finetune-grid img { max-width: max(340px, min(620px, 58vh)); }
#finetune-swapped img, #finetune-compared img { max-width: 460px; }
#tab-fine-tune .html-container, #tab-learn .html-container { padding: 0; }
.run-figure figcaption { margin-top: 4px; font-size: 13px; opacity: 0.75; }
.run-empty { display: grid; place-items: center; min-height: 90px; padding: 12px; font-size: 14px;
  text-align: center; opacity: 0.75; border: 1px dashed var(--border-color-primary);
  border-radius: 8px; }
.run-empty:empty { display: none; }
.run-curves { display: grid; gap: 14px;
  grid-template-columns: repeat(auto-fit, minmax(min(220px, 100%), 1fr)); }
.run-panel { font-size: 13px; }
.run-panel svg { display: block; width: 100%; margin: 4px 0 2px; border-radius: 6px;
  background: var(--background-fill-secondary); }
.run-panel polyline { fill: none; stroke-width: 2; vector-effect: non-scaling-stroke; }
.run-panel p { margin: 2px 0 0; font-size: 12px; opacity: 0.75; }
.run-axis { display: flex; justify-content: space-between; font-size: 11px; opacity: 0.7; }
polyline.line0 { stroke: #10b981; } span.line0 { color: #059669; }
polyline.line1 { stroke: #6366f1; } span.line1 { color: #6366f1; }
.run-verdicts { font-size: 14px; }
.run-verdicts ul { max-height: 180px; overflow-y: auto; margin: 4px 0 0; padding-left: 18px; }
.run-verdicts li { overflow-wrap: anywhere; }
.run-verdicts li.refused b { color: #dc2626; }
""".replace("ABSENT", ", ".join(f'[aria-label^="{text}"]' for text in in_all_languages(ABSENT)))
CSS += "".join(
    f".columns-{n} .grid-container "
    f"{{ grid-template-columns: repeat({n}, minmax(0, 1fr)) !important; gap: 3px; }}\n"
    for n in range(1, 25)
)

_SCRIPTS = Path(__file__).parent / "components"
_LANGUAGE = Path(__file__).parent / "languages"
SCRIPT = (_SCRIPTS / "page.js").read_text("utf-8")
# before Gradio's own scripts
HEAD = "".join(
    f"<script>\n{path.read_text('utf-8')}</script>"
    for path in (_LANGUAGE / "page.js", _SCRIPTS / "stream.js")
)
