"""The objectives in words: their formulas, papers, and what to look for."""

from __future__ import annotations

OBJECTIVES: dict[str, tuple[str, ...]] = {
    "minimax": (
        "**Minimax (saturating)**, [Goodfellow et al. 2014](https://arxiv.org/abs/1406.2661), "
        "equation 1. Both networks play for one value:",
        r"$$\min_G \max_D \; \mathbb{E}_x \log D(x) + \mathbb{E}_z \log(1 - D(G(z)))$$",
        "Where $D$ is sure that a point is generated, $\\log(1 - D)$ is flat, and the generator "
        "gets almost no gradient. Against a discriminator that learns no faster than it does, it "
        "works all the same, only more slowly than the non-saturating loss.",
    ),
    "nonsaturating": (
        "**Non-saturating**, [Goodfellow et al. 2014](https://arxiv.org/abs/1406.2661), end of "
        "section 3. The discriminator is as in minimax; the generator minimises",
        r"$$-\mathbb{E}_z \log D(G(z))$$",
        "The gradient is large just where $D$ is sure. Look for points that hurry together to one "
        "place: each is pushed to where $D$ is highest, and nothing asks them to share the modes.",
    ),
    "least-squares": (
        "**Least squares**, [Mao et al. 2017](https://arxiv.org/abs/1611.04076), equation 9. $D$ "
        "has no sigmoid; it aims at 1 for real points and at 0 for generated ones:",
        r"$$\min_D \tfrac12 \mathbb{E}_x (D(x) - 1)^2 + \tfrac12 \mathbb{E}_z D(G(z))^2$$",
        r"$$\min_G \tfrac12 \mathbb{E}_z (D(G(z)) - 1)^2$$",
        "A point that $D$ takes for real is still pulled if its value is not 1. The best $D$ is "
        "the same as for the logarithms.",
    ),
    "wgan": (
        "**WGAN with clipping**, [Arjovsky et al. 2017](https://arxiv.org/abs/1701.07875). $D$ is "
        "a critic without a sigmoid, whose gap estimates how far the points have to be moved:",
        r"$$\min_G \max_{D \in \text{Lip}} \; \mathbb{E}_x D(x) - \mathbb{E}_z D(G(z))$$",
        "Clipping all its weights to ±0.1 keeps the slope bounded, but not at 1: the estimate is "
        "in units of its own. Look for a smooth surface of few folds; how many modes are covered "
        "differs much from seed to seed.",
    ),
    "wgan-gp": (
        "**WGAN-GP**, [Gulrajani et al. 2017](https://arxiv.org/abs/1704.00028), equation 3. The "
        "critic of WGAN, kept at slope 1 on lines between real and generated points:",
        r"$$\lambda\, \mathbb{E}_{\hat x} \left(\lVert \nabla D(\hat x) \rVert - 1\right)^2$$",
        r"$$\hat x = u x + (1 - u)\, G(z), \quad u \in [0, 1]$$",
        "Here $\\lambda$ is 1 (the paper has 10, for pictures). Look for the estimate falling "
        "while the points come nearer: it is one of the few losses that say how far one is.",
    ),
    "hinge": (
        "**Hinge with spectral normalisation**, [Miyato et al. 2018]"
        "(https://arxiv.org/abs/1802.05957), equations 8 and 16. Each weight matrix is divided by "
        "its largest singular value:",
        r"$$\mathbb{E}_x \max(0, 1 - D(x)) + \mathbb{E}_z \max(0, 1 + D(G(z)))$$",
        r"$$\min_G -\mathbb{E}_z D(G(z))$$",
        "Points beyond the margin no longer count, and $D$ has a slope of at most 1. Look for a "
        "rounded surface: it shows where the ring is, and hardly its eight parts.",
    ),
    "r1": (
        "**Non-saturating with R1**, [Mescheder et al. 2018](https://arxiv.org/abs/1801.04406), "
        "equation 9. $D$ pays for its slope at real points:",
        r"$$\tfrac{\gamma}{2}\, \mathbb{E}_x \lVert \nabla D(x) \rVert^2$$",
        "Here $\\gamma$ is 0.1. On the ring this alone makes the difference between about half of "
        "the modes and all. It does not choose the step sizes for you: with those of the preset "
        "Cycles the generator goes round all the same.",
    ),
    "relativistic": (
        "**Relativistic pairs with R1 and R2**, R3GAN, [Huang et al. 2024]"
        "(https://arxiv.org/abs/2501.05441), equation 2. $D$ compares a real point with a "
        "generated one, and both networks use the difference:",
        r"$$\min_D \max_G \; \mathbb{E}_{x, z} \log\left(1 + e^{D(G(z)) - D(x)}\right)$$",
        "with penalties on the slope at real (R1) and at generated points (R2), $\\gamma$ = 0.1. A "
        "mode without points stays above those that have some. Look for eight blue hills of "
        "which none is left alone.",
    ),
}
