"""Files from outside, and what they become: pictures, films, label maps."""
