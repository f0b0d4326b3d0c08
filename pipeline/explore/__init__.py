"""``ciliu explore``: a page on this machine that answers questions about one model, or two side by side.

``model.py`` opens a model so that it answers at once, ``answers.py`` has the questions, ``server.py`` the address;
``page/`` is what the browser gets. What is computed is what the verbs of words compute, by the same functions
(``pipeline/evaluate/lookup.py``).
"""
