"""The recipes in words: their formulas, papers, and what to look for."""

from __future__ import annotations

RECIPES: dict[str, tuple[str, ...]] = {
    "digits-gan": (
        "**Perceptron GAN**, [Goodfellow et al. 2014](https://arxiv.org/abs/1406.2661). Both "
        "networks are fully connected. The discriminator learns to tell real digits from generated "
        "ones, and the generator to raise its output:",
        r"$$\max_D \; \mathbb{E}_x \log D(x) + \mathbb{E}_z \log(1 - D(G(z)))$$",
        r"$$\min_G -\mathbb{E}_z \log D(G(z))$$",
        "A perceptron does not know which pixels are neighbours. Look for single bright pixels "
        "around the strokes, also at the end, and compare the strokes of DCGAN.",
    ),
    "digits-dcgan": (
        "**DCGAN**, [Radford et al. 2016](https://arxiv.org/abs/1511.06434). The same loss with "
        "convolutions: $z$ becomes 7 × 7 places of many channels, and transposed convolutions "
        "enlarge them to 14 and 28 px, with batch norm and ReLU.",
        "A convolution does the same at every place, so nothing has to be learned twice. Look "
        "at the first steps: blots, with the dots that transposed convolutions leave, then "
        "strokes, then digits. One term is added to the paper's loss, R1 "
        "([Mescheder et al. 2018](https://arxiv.org/abs/1801.04406), equation 9): the "
        "discriminator pays for its slope at the real digits.",
        r"$$\frac{4}{2}\, \mathbb{E}_x \lVert \nabla D(x) \rVert^2$$",
        "Look at the mean logits: the further they lie apart, the surer the discriminator is.",
    ),
    "digits-wgan": (
        "**WGAN with clipping**, [Arjovsky et al. 2017](https://arxiv.org/abs/1701.07875). The "
        "discriminator is a critic without a sigmoid, trained five steps for each of the "
        "generator's. Their gap estimates the Wasserstein distance, up to a factor:",
        r"$$\max_{\lvert w \rvert \le 0.01} \; \mathbb{E}_x D_w(x) - \mathbb{E}_z D_w(G(z))$$",
        "Clipping all weights to ±0.01 bounds the slope of $D$, and makes it a simple function. "
        "Look for the estimate falling while the digits get better: the paper's point is that this "
        "loss says how far one is, where a GAN's does not.",
    ),
    "digits-wgan-gp": (
        "**WGAN-GP**, [Gulrajani et al. 2017](https://arxiv.org/abs/1704.00028). Instead of "
        "clipping, the critic pays where its slope is not 1, on lines between real and generated "
        "digits:",
        r"$$10\, \mathbb{E}_{\hat x} \left(\lVert \nabla D(\hat x) \rVert - 1\right)^2$$",
        "The critic makes two steps for each of the generator's (the paper has five), and has no "
        "batch norm, because each picture needs a gradient of its own. With a slope of 1 the "
        "estimate has the scale of the pixels. It rises while the critic learns to tell real "
        "digits from generated ones, and falls while the digits get better. Compare the digits of "
        "both kinds of WGAN.",
    ),
    "digits-cgan": (
        "**Conditional GAN**, [Mirza and Osindero 2014](https://arxiv.org/abs/1411.1784). Both "
        "networks are told the digit $c$: the generator beside $z$, the discriminator as planes "
        "beside the picture. The loss is that of DCGAN, for pairs:",
        r"$$\mathbb{E}_{x, c} \log D(x, c) + \mathbb{E}_{z, c} \log(1 - D(G(z, c), c))$$",
        "With all digits in turn each column is one digit. Look for the first step at "
        "which a column is of one kind. Choose one digit, and $z$ is left with "
        "slant, width and style.",
    ),
    "digits-gan-collapsed": (
        "**Mode collapse.** Networks, loss and rates are those of DCGAN; its R1 penalty has a "
        "fortieth of the weight, so that the discriminator becomes steep. The generator then "
        "always finds what the discriminator takes for real just now, and makes only that.",
        "Look for different seeds that give the same picture, in the plane, too, and for digits "
        "covered. Nothing in the loss asks for variety. Compare with DCGAN as B, sheet and losses; "
        "precision may be high where recall is nearly 0.",
    ),
}
