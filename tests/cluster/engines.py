"""Engines for tests of fine-tuning on a cluster: the trivial trainer of the jobs' tests."""

from __future__ import annotations

from tests.jobs import engines


def point(*arguments, **options):
    from gan_models.cluster.finetuning import finetune

    return finetune(*arguments, train=engines.POINT, **options)
