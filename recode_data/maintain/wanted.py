"""What a library changed that a file may use, and which files can use it at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_WORD = re.compile(rb"[^\W\d]\w*")
_ATTRIBUTE = re.compile(rb"\.\s*\\?\s*([^\W\d]\w*)")
_KEYWORD = re.compile(rb"([^\W\d]\w*)\s*=")
_QUOTED = re.compile(rb"getattr\([^,()]*,\s*[\"']([^\W\d]\w*)")
_IMPORT = re.compile(rb"(?:\bfrom\s+[\w.]+\s+)?\bimport\b[^\n(]*(?:\([^)]*\))?(?:\\\r?\n[^\n]*)*")


@dataclass(frozen=True)
class Wanted:
    """What is looked for, and what is known of the library to find it by."""

    packages: frozenset[str]
    """Top names of its packages."""
    words: Mapping[bytes, tuple[frozenset[bytes], ...]]
    """By the last name of what is looked for, the words that a file must have as well, one way or
    another: a file that has them for none uses nothing that is looked for."""
    paths: frozenset[str]
    """Symbols at module level, and members of classes that are only told of where the receiver
    is known."""
    keywords: Mapping[str, frozenset[str]]
    """The keywords that calls of a symbol are looked for with; none: any use of it."""
    members: Mapping[str, tuple[str, ...]]
    """Members of classes that codemods change, ``pandas.DataFrame.append``, by their last name."""
    common: frozenset[str]
    """Those of their names that other classes have as well: where the receiver is not known, they
    tell nothing."""
    of_classes: Mapping[str, tuple[str, ...]]
    """What is looked for of classes, by the path that the class is known by."""
    classes: Mapping[str, str]
    """The path that a class is known by, by each path that it has or had."""
    bases: Mapping[str, tuple[str, ...]]
    """The classes that a class is derived from, itself first."""
    returns: Mapping[str, str]
    """The class of a callable's result, as `recode_data.api.returns` tells it."""

    def may_be_in(self, content: bytes) -> bool:
        """Tell cheaply whether a file may use anything that is looked for."""
        if not any(name.encode() in content for name in self.packages):
            return False
        words = set(_ATTRIBUTE.findall(content))
        words.update(_QUOTED.findall(content))
        words.update(word + b"=" for word in _KEYWORD.findall(content))
        packages = [name.encode() for name in self.packages]
        for line in _IMPORT.findall(content):
            if any(name in line for name in packages):
                words.update(_WORD.findall(content if b"*" in line else line))
        return any(
            any(needed <= words for needed in self.words[word])
            for word in words & self.words.keys()
        )
