"""Which names of the pipelines run on a replica, and how they are asked for."""

from __future__ import annotations

# methods with one result
CALLS = frozenset(
    {
        *("sample", "sample_mix", "interpolate", "morph", "morphs", "nearest_classes"),
        *("translate", "finish", "hint", "preview", "plan", "bicubic", "check_scale"),
        *("measure_speed", "paint", "read_map", "read_map_with_note", "indexed_map"),
        *("style_vector", "mix_styles", "encode_style", "segment", "restore", "made_with"),
        *("provenance", "provenance_after", "styles.edit", "styles.sheet", "styles.layer_slice"),
    }
)
# methods that give their results, or their progress, one after the other
STEPS = frozenset(
    {
        *("iter_sample", "iter_frames", "iter_morph", "iter_translate", "iter_enlarge"),
        "styles.mix",
    }
)
PARTS = frozenset({"styles"})  # objects of a pipeline that have such methods
# attributes that are sent with the first answer
FACTS = (
    *("spec", "device", "device_title", "batch_size", "weights_sha256", "upscaler_sha256"),
    *("spaces", "classes", "scale", "scales", "size", "has_style", "has_encoder"),
    *("labels", "colors"),
)
# attributes that are computed when they are first asked for
COMPUTED = frozenset({"preset_styles", "can_segment", "styles.directions"})
