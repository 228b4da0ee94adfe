"""The look: the NHS design system where it was installed, and our own few rules either way.

`npm ci --prefix mpi/web/design` installs it, at the version that `package-lock.json` names; nothing
of it lies in the repository. Its fonts are the NHS's own, are licensed for its services only, and
would be fetched from another machine; so its font faces are left out, and Arial stands in.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
PACKAGE = _HERE / "design" / "node_modules" / "nhsuk-frontend" / "dist" / "nhsuk"
STYLES = PACKAGE / "nhsuk-frontend.min.css"
OURS = {
    "review.css": "text/css",
    "review.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}

_FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_URL = re.compile(r"url\((?!['\"]?data:)[^)]*\)")
_SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/")


@cache
def design_system() -> str | None:
    """The styles of the design system with nothing in them that a browser would fetch.

    None where it is not installed.
    """
    try:
        styles = STYLES.read_text(encoding="utf-8")
    except OSError:
        return None
    return without_requests(styles)


def without_requests(styles: str) -> str:
    """Styles that make a browser ask for nothing.

    >>> without_requests("@font-face{src:url(https://x)}a{background:url(/y.svg)}")
    'a{background:none}'
    """
    return _URL.sub("none", _SOURCE_MAP.sub("", _FONT_FACE.sub("", styles)))


@cache
def own(name: str) -> str | None:
    """One of our own files by name; None for any other."""
    return (_HERE / "static" / name).read_text(encoding="utf-8") if name in OURS else None
