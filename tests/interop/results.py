"""Generated parts of docs/results.md."""

import pathlib
import re

PATH = pathlib.Path(__file__).resolve().parents[2] / "docs" / "results.md"


def table(header, rows):
    """Lines of a Markdown table."""
    lines = ["| " + " | ".join(str(cell).replace("|", "\\|") for cell in row) + " |" for row in (header, *rows)]
    return [lines[0], "|" + "---|" * len(header), *lines[1:]]


def write_section(name, lines):
    """Replaces what stands between the two marks of this name."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    section = "\n".join([begin, *lines, end])
    text, count = re.subn(f"(?s){begin}.*?{end}", lambda _: section, PATH.read_text())
    if count != 1:
        raise SystemExit(f"{PATH}: no '{begin}' … '{end}' to write between")
    PATH.write_text(text)
