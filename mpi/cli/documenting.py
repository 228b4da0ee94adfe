"""How commands explain themselves: help from docstrings, and one worked example each."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable


def help_of(command: Callable[..., None]) -> str:
    """The docstring of a command with each paragraph on one line, so that a terminal can wrap it.

    >>> def greet() -> None:
    ...     '''Say
    ...     hello.
    ...
    ...     And mean it.'''
    >>> help_of(greet)
    'Say hello.\\n\\nAnd mean it.'
    """
    paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(command.__doc__ or ""))
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def example(line: str) -> str:
    """A worked example as the last line of a command's help."""
    return f"Example:  {line}"
