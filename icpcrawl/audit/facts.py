"""Facts that change, as values: loaded once from ``data/`` by ``icpcrawl.datafiles``, passed in.

Each room's table lives beside the code that reads it (``NumberFacts`` in ``numbers``,
``LinkFacts`` in ``links`` …); this is the bundle.
"""

from __future__ import annotations
