"""The trainers: one a task, each says which networks learn what from a batch."""
