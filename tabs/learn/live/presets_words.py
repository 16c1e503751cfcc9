"""The presets in words: what to look for."""

from __future__ import annotations

PRESETS: dict[str, tuple[str, ...]] = {
    "mode-collapse": (
        "**Mode collapse.** A and B are the same non-saturating game; in A the generator's "
        "learning rate is 40 times the discriminator's, in B both are equal.",
        "A runs after the one place where $D$ is highest, all points together. When $D$ has caught "
        "up they leave for another one: at the end two of the eight modes are covered, or one, or "
        "none while the points travel.",
        "B spreads out, and still covers only about half of the modes. The losses do not tell; "
        "look at the count.",
    ),
    "wgan-gp": (
        "**The same with WGAN-GP.** A is the collapsing run; B has its data, networks, seed and "
        "number of steps, with the critic of WGAN-GP, three critic steps, and equal rates.",
        "After about 2,000 steps B covers eight of eight. The critic has a slope everywhere, also "
        "far from the data, and a mode without points keeps its hill.",
        "Give B the learning rates of A and reset: it takes longer, and still covers seven or "
        "eight. Here it is the objective that makes the difference.",
    ),
    "relativistic": (
        "**The same in pairs.** A is the collapsing run; B has its data, networks, seed and number "
        "of steps, with the relativistic loss on pairs, R1 and R2.",
        "B covers eight of eight after about 2,000 steps, with one discriminator step for each of "
        "the generator's, where WGAN-GP takes three.",
        "Give B the learning rates of A and reset: it fails, too. Here objective and step sizes "
        "make the difference together.",
    ),
    "vanishing-gradient": (
        "**Vanishing gradient.** The discriminator trains 2,000 steps before the generator makes "
        "its first one. A is saturating, B non-saturating, from the same weights.",
        "The generated points lie where $D$ is nearly 0. There the gradient of $\\log(1 - D)$ is "
        "below 1 % of that of $-\\log D$: compare “Generator's gradient” of A and B at the start. "
        "A hardly moves; B leaves at once.",
        "Both use plain gradient descent. Adam divides a gradient by its own size, which hides the "
        "effect: with Adam in the settings, A moves as well.",
    ),
    "cycles": (
        "**Cycles.** One bump on a line. In A the generator's rate is 50 times that of the "
        "discriminator, in B both are equal.",
        "A is carried past the data, $D(x)$ tilts the other way, and A comes back: round and "
        "round, with losses that swing and never settle. B stays on the data, and only trembles.",
        "A gradient that is right at every moment need not lead to rest: each network moves while "
        "the other one does ([Mescheder et al. 2018](https://arxiv.org/abs/1801.04406)).",
    ),
    "densities": (
        "**Two densities.** Three bumps on a line, learned by the non-saturating game (A) and by "
        "WGAN-GP (B).",
        "Look at A: where the orange density is too low $D(x)$ lies above ½, and the generator is "
        "pushed there; the dashed line is where $D$ should be.",
    ),
}
