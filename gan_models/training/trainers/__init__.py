"""The trainers, one for each task: networks, losses and steps."""
