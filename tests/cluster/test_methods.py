"""Every method of a pipeline is known to the client of the cluster."""

from __future__ import annotations

import inspect

import gan_models
from gan_models.cluster.methods import CALLS, COMPUTED, FACTS, PARTS, STEPS
from gan_models.pipelines.directions import StyleTools
from tabs.components import zero_gpu

KINDS = (
    *(gan_models.LatentPipeline, gan_models.ClassPipeline, gan_models.TranslationPipeline),
    *(gan_models.SemanticPipeline, gan_models.RestorationPipeline),
)
# of the process that holds the network, or taking functions that no tab passes
NOT_REMOTE = {"generator", "encoder", "precision", "enlarge_frames"}


def test_every_method_of_a_pipeline_is_known():
    names = {name for kind in KINDS for name, _ in inspect.getmembers(kind) if name[0] != "_"}
    names |= {f"styles.{name}" for name, _ in inspect.getmembers(StyleTools) if name[0] != "_"}
    known = {*CALLS, *STEPS, *PARTS, *COMPUTED, *FACTS, "enlarge"}
    assert names - known - NOT_REMOTE == set()


def test_steps_are_those_of_zero_gpu():
    assert set(zero_gpu.STEPS) == STEPS
