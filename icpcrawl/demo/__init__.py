"""The demonstration: a web on loopback, real in every part but its reach.

In: sample sites of this package, or a folder of saved pages. Out: servers under way and a
portfolio to audit. The same servers serve the tests.
"""

from icpcrawl.demo.loopback import LoopbackWeb
from icpcrawl.demo.web import DemoWeb, demo_web, saved_pages

__all__ = ["DemoWeb", "LoopbackWeb", "demo_web", "saved_pages"]
