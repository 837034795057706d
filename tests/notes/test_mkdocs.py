"""Pages that MkDocs really builds, over real HTTP, in its own themes and in Material."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from served import scrape, told

pytest.importorskip("mkdocs")
THEMES = ("mkdocs", "readthedocs", "material")
CONF = """
site_name: Tiny
site_url: https://tiny.invalid/
theme: {{name: {theme}}}
plugins: []
markdown_extensions: [admonition, def_list, tables, fenced_code, {{toc: {{permalink: true}}}}]
nav: [{{Home: index.md}}, {{About: upgrade/index.md}}, {{"2": upgrade/2.md}}, {{"1": upgrade/1.md}}]
"""
NOTES = """# Version {version}

## Breaking changes

### `tiny.Table.glue` was removed

Use `tiny.Table.join` instead.

```python
>>> table.join(other)
```

- Remove `tiny.left`; use `tiny.right`
    - The `width` parameter of `tiny.draw` was removed

| Removed | Use instead |
|---|---|
| `tiny.old_sum` | `tiny.total` |

!!! warning "Deprecated"

    `tiny.slow` is deprecated in favor of `tiny.fast`.

## Deprecations

`tiny.shape`
:   This function is deprecated.
"""


@pytest.mark.parametrize("theme", THEMES)
def test_pages_of_a_theme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, theme: str) -> None:
    monkeypatch.setenv("RECODE_DATA_CACHE", str(tmp_path / "cache"))
    if theme == "material":
        pytest.importorskip("material")
    guides = tmp_path / "docs" / "upgrade"
    guides.mkdir(parents=True)
    (tmp_path / "mkdocs.yml").write_text(CONF.format(theme=theme))
    (tmp_path / "docs" / "index.md").write_text("# Tiny\n\nRemoved nothing.\n")
    (guides / "index.md").write_text("# About\n\nA guide for each version.\n")
    for version in ("1", "2"):
        (guides / f"{version}.md").write_text(NOTES.format(version=version))
    command = [sys.executable, "-m", "mkdocs", "build", "-q", "-d", "site"]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr
    pages = r"/upgrade/(?P<version>\d+(?:\.\d+)*)/?$"
    found = scrape(tmp_path / "site", "upgrade/", pages)
    assert set(found) == {"1", "2"}
    assert told(found["2"]) == {
        ("removed", "tiny.Table.glue", "", "tiny.Table.join"),
        ("removed", "tiny.left", "", "tiny.right"),
        ("keyword_removed", "tiny.draw", "width", ""),
        ("removed", "tiny.old_sum", "", "tiny.total"),
        ("deprecated", "tiny.slow", "", "tiny.fast"),
        ("deprecated", "tiny.shape", "", ""),
    }
    assert not any("¶" in change.text or "Next" in change.text for change in found["2"])
