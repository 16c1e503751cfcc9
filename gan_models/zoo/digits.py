"""The generators of handwritten digits of the Learn tab: trained by the recipes in `learning/`.

No I/O.
"""
