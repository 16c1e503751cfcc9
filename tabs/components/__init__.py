"""What two or more tabs use."""
