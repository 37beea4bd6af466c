"""The pages a person reads: ask, follow a citation, see how each release does."""

from surefoot.console.pages import Page, Pages
from surefoot.console.quality import Quality, quality
from surefoot.console.views import Answered, BrokenGlass, DocumentedRoute, HeldBack, Home, Standing

__all__ = [
    "Answered",
    "BrokenGlass",
    "DocumentedRoute",
    "HeldBack",
    "Home",
    "Page",
    "Pages",
    "Quality",
    "Standing",
    "quality",
]
