"""The rooms a visitor sees, in their order; layout and wiring only."""

from tabs import latent

TABS = (latent,)
