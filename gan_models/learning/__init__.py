"""How GANs learn: the classic objectives, live trainings on points, and films of digits."""
