"""The stages, the cache they are kept in, and the front door. ``tasks.py`` beside this folder is the graph."""
