"""What makes networks fast on a processor and stands outside the modules."""
