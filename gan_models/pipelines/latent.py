"""Pipeline of unconditional generators: samples, interpolations and morphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import torch
from PIL import Image
from torch import Tensor

from gan_models import seeds as seed_latents
from gan_models.checks import as_float
from gan_models.media import images as pictures
from gan_models.media.limits import limits
from gan_models.networks.base import Network
from gan_models.pipelines.base import BasePipeline
from gan_models.pipelines.directions import StyleTools
from gan_models.pipelines.walk import lerp, slerp, walk_times


class LatentPipeline(BasePipeline[Network]):
    """Pictures of latents."""

    @property
    def spaces(self) -> tuple[str, ...]:
        """The latent spaces for interpolation: z, and w if the generator has a mapping network."""
        return ("z", "w") if hasattr(self.generator, "mapping") else ("z",)

    @cached_property
    def styles(self) -> StyleTools:
        """Style mixing and directions.

        Raises:
            ValueError: the generator has no w space.
        """
        if "w" not in self.spaces:
            raise ValueError(f"{self.spec.id} has no w space; choose a StyleGAN.")
        return StyleTools(self)

    def sample(self, seeds: Sequence[int], truncation_psi: float = 1.0) -> list[Image.Image]:
        """One picture per seed, each with its provenance.

        Args:
            seeds: whole numbers from 0 to 2^32-1, at most 10,000.
            truncation_psi: 0 (the average picture) to 1 (all the variety); -2 to 2.

        Raises:
            ValueError: a seed or ψ out of range.
        """
        return list(self.iter_sample(seeds, truncation_psi))

    def iter_sample(
        self, seeds: Sequence[int], truncation_psi: float = 1.0
    ) -> Iterator[Image.Image]:
        """`sample` as an iterator; arguments are checked at once."""
        psi = seed_latents.check_truncation_psi(truncation_psi)
        seeds = seed_latents.check_seeds(seeds)
        z = seed_latents.sample_z(seeds, self.generator.z_dim)  # [N, z_dim]
        made = self._render(self._latents(z, "z", psi), "z", psi)
        return (
            pictures.add_provenance(image, self.provenance(seed=seed, truncation_psi=psi))
            for seed, image in zip(seeds, made, strict=True)
        )

    def morph(
        self, seed_a: int, seed_b: int, t: float, truncation_psi: float = 1.0, space: str = "z"
    ) -> Image.Image:
        """The picture at t (0 to 1) between those of two seeds.

        Raises:
            ValueError: t, ψ, a seed or the space out of range.
        """
        return self.morphs(seed_a, seed_b, [t], truncation_psi, space)[0]

    def morphs(
        self,
        seed_a: int,
        seed_b: int,
        times: Sequence[float],
        truncation_psi: float = 1.0,
        space: str = "z",
    ) -> list[Image.Image]:
        """`morph` at several times, computed together."""
        times = seed_latents.check_times(times)
        psi = seed_latents.check_truncation_psi(truncation_psi)
        seed_a, seed_b = seed_latents.check_seeds([seed_a, seed_b])
        ends = self._keys([seed_a, seed_b], space, psi)
        latents = torch.stack([self._between(ends[0], ends[1], t, space) for t in times])
        made = self._render(latents, space, psi)
        provenances = [
            self.provenance(
                seed_a=seed_a,
                seed_b=seed_b,
                t=t,
                space=space,
                truncation_psi=psi,
                latent=row.tolist(),
            )
            for t, row in zip(times, latents, strict=True)
        ]
        return [pictures.add_provenance(*pair) for pair in zip(made, provenances, strict=True)]

    def interpolate(
        self, seeds: Sequence[int], num_frames: int, space: str = "z", truncation_psi: float = 1.0
    ) -> list[Image.Image]:
        """`num_frames` pictures at constant speed on a path through the seeds' latents.

        Slerp in z, linear in w. If the first and last seed are equal, the result is a seamless
        loop: frame k is at k / num_frames of the path, and the end is not repeated.

        Args:
            seeds: two or more keyframes.
            num_frames: 2 to the limit, by default 3,600.
            space: "z", or "w" if the generator has one.
            truncation_psi: -2 to 2.

        Raises:
            ValueError: any of these out of range.
        """
        return list(self.iter_frames(seeds, num_frames, space, truncation_psi))

    def iter_frames(
        self, seeds: Sequence[int], num_frames: int, space: str = "z", truncation_psi: float = 1.0
    ) -> Iterator[Image.Image]:
        """`interpolate` as an iterator; arguments are checked at once."""
        psi = seed_latents.check_truncation_psi(truncation_psi)
        seeds = seed_latents.check_seeds(seeds, minimum=2)
        num_frames = _check_num_frames(num_frames)
        keys = self._keys(seeds, space, psi)  # [K, dim]
        times = walk_times(keys, num_frames, seeds[0] == seeds[-1], space)
        rows = (self._between(keys[i], keys[i + 1], t, space) for i, t in times)
        made = self._render(torch.stack(list(rows)), space, psi)
        facts = {"seeds": seeds, "num_frames": num_frames, "space": space, "truncation_psi": psi}
        return (
            pictures.add_provenance(image, self.provenance(frame=k, **facts))
            for k, image in enumerate(made)
        )

    def _keys(self, seeds: Sequence[int], space: str, psi: float) -> Tensor:
        """The latents of the keyframes, [K, dim] on the CPU."""
        if space not in self.spaces:
            raise ValueError(
                f"{self.spec.id} has no {space} space; choose {' or '.join(self.spaces)}."
            )
        return self._latents(seed_latents.sample_z(seeds, self.generator.z_dim), space, psi)

    @torch.inference_mode()
    def _latents(self, z: Tensor, space: str, psi: float) -> Tensor:
        """Latents in a space: z (times ψ without a mapping), or truncated w; [N, dim]."""
        if space == "w":
            return self.generator.mapping(z.to(self.device), truncation_psi=psi)[:, 0].cpu()
        return z if "w" in self.spaces else z * psi

    @staticmethod
    def _between(a: Tensor, b: Tensor, t: float, space: str) -> Tensor:
        return slerp(a, b, t) if space == "z" else lerp(a, b, t)

    def _render(self, latents: Tensor, space: str, psi: float) -> Iterator[Image.Image]:
        """Pictures of latents [N, dim] of a space, batch by batch."""
        for batch in latents.split(self.batch_size):
            yield from pictures.to_pil(self._forward(batch.to(self.device), space, psi))

    @torch.inference_mode()
    def _forward(self, latents: Tensor, space: str, psi: float) -> Tensor:
        """Latents [N, dim] -> images [N, 3, H, W] in [-1, 1]."""
        if space == "w":
            return self.generator.synthesis(latents[:, None].expand(-1, self.generator.num_ws, -1))
        if "w" in self.spaces:
            return self.generator(latents, truncation_psi=psi)
        return self.generator(latents)


def _check_num_frames(num_frames: int) -> int:
    count, most = as_float(num_frames), limits().walk_frames
    if not 2 <= count <= most or count != int(count):
        raise ValueError(f"A walk has 2 to {most:g} frames, not {num_frames}.")
    return int(count)
