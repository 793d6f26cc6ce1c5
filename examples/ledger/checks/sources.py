"""Which files are checked: all of the repository's own, the checks themselves and the infrastructure among them."""

from pathlib import Path

FOLDERS = ("ledger", "tests", "integration", "checks", "infrastructure", "probes")


def sources(*suffixes):
    """Paths of the files with one of these suffixes, in their order."""
    found = [path for folder in FOLDERS for path in Path(folder).rglob("*") if path.suffix in suffixes]
    return sorted([*found, *(path for path in Path().glob("*.*") if path.suffix in suffixes)])


def write(path, text):
    """Writes a report, and the folder that it lies in."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text, encoding="utf-8")
