"""The page in English and Simplified Chinese.

The code holds the English texts, as plain literals. What leaves the server (components, results,
toasts, progress) is translated by a catalogue of templates, at the page's boundary alone.
"""
