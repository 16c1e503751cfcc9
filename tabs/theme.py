"""How the page looks."""

import gradio as gr

THEME = gr.themes.Default(primary_hue="emerald", neutral_hue="slate", radius_size="md")

CSS = """
.gradio-container { width: 100% !important; max-width: 1360px !important; margin: 0 auto; }
#intro h1 { margin: 0; }
#intro p { margin: 2px 0 0; opacity: 0.8; }
.card p { font-size: 13px; line-height: 1.45; opacity: 0.8; overflow-wrap: anywhere; margin: 0; }
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
button.lg { padding: 7px 12px; font-size: 15px; }
@media (max-width: 600px) {
  .strip .caption-label { display: none; }
  .strip .grid-container { grid-template-columns: repeat(5, minmax(0, 1fr)) !important; }
  .fill { height: 140px !important; }
}
.thumbs .grid-wrap { max-height: 250px; }
.thumbs .grid-container { grid-template-columns: repeat(4, minmax(0, 1fr)) !important; }
.sheet .gallery-item { max-width: 260px; }
.sheet .thumbnail-item { overflow: hidden; }
.sheet .caption-label {
  left: 0; right: auto; bottom: 0; max-width: 100%; padding: 0 5px; font-size: 11px;
  line-height: 17px; border-radius: 0 6px 0 0; border: 0; opacity: 0.88;
}
@media (max-width: 600px) { .across .caption-label { display: none; } }
""" + "".join(
    f".columns-{n} .grid-container "
    f"{{ grid-template-columns: repeat({n}, minmax(0, 1fr)) !important; gap: 3px; }}\n"
    for n in range(1, 25)
)
