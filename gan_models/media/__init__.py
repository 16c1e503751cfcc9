"""Read and write files of pictures, films and label maps."""
