"""How the page looks."""

import gradio as gr

THEME = gr.themes.Default(primary_hue="emerald", neutral_hue="slate", radius_size="md")

CSS = """
.gradio-container { width: 100% !important; max-width: 1360px !important; margin: 0 auto; }
#intro h1 { margin: 0; }
#intro p { margin: 2px 0 0; opacity: 0.8; }
.card p { font-size: 13px; line-height: 1.45; opacity: 0.8; overflow-wrap: anywhere; margin: 0; }
.card:has(> .wrap .progress-level) { min-height: 56px; overflow: visible !important; }
.card:has(> .wrap .progress-level) > [data-testid="markdown-wrapper"] { visibility: hidden; }
.card > .wrap .progress-text { display: none; }
.card > .wrap .progress-level { width: 100%; }
.card > .wrap .progress-level-inner { font-family: inherit; font-size: 14px; margin: 0 0 6px; }
.card > .wrap .progress-bar-wrap { width: min(100%, 420px); height: 10px; border-radius: 5px; }
.sheet .grid-wrap { height: auto !important; min-height: 0; max-height: 560px; }
.sheet .grid-container {
  padding-top: 2.2em; gap: 6px;
  grid-template-columns: repeat(auto-fit, minmax(min(96px, 28%), 1fr)) !important;
}
.strip .grid-container { grid-template-columns: repeat(9, minmax(0, 1fr)) !important; gap: 3px; }
.strip .thumbnail-item { aspect-ratio: 1; height: auto; }
.strip .thumbnail-item img { height: 100%; object-fit: cover; }
.fill .image-frame, .fill .image-frame img, .fill button.image-button { width: 100%; height: 100%; }
.fill img { object-fit: contain; }
#latent-link-copy { align-self: center; }
button.lg { padding: 7px 12px; font-size: 15px; }
@media (max-width: 600px) {
  .strip .caption-label { display: none; }
  .strip .grid-container { grid-template-columns: repeat(5, minmax(0, 1fr)) !important; }
  .fill { height: 140px !important; }
}
.thumbs .grid-wrap { max-height: 250px; }
.thumbs .grid-container { grid-template-columns: repeat(4, minmax(0, 1fr)) !important; }
.sheet .gallery-item { max-width: 260px; }
.enlarge { align-items: center; flex-wrap: wrap; }
.sheet.large .grid-container {
  grid-template-columns: repeat(auto-fit, minmax(min(190px, 44%), 1fr)) !important;
}
.sheet.large .gallery-item { max-width: none; }
.sheet.large .grid-wrap { max-height: 640px; }
.sheet .thumbnail-item { overflow: hidden; }
.sheet .caption-label {
  left: 0; right: auto; bottom: 0; max-width: 100%; padding: 0 5px; font-size: 11px;
  line-height: 17px; border-radius: 0 6px 0 0; border: 0; opacity: 0.88;
}
@media (max-width: 600px) { .across .caption-label { display: none; } }
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
#tab-fine-tune .html-container { padding: 0; }
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
""" + "".join(
    f".columns-{n} .grid-container "
    f"{{ grid-template-columns: repeat({n}, minmax(0, 1fr)) !important; gap: 3px; }}\n"
    for n in range(1, 25)
)
