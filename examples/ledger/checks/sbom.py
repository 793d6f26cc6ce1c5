"""`python3 -m checks.sbom REPORT`: what the ledger needs, as a CycloneDX document: Python, and requirements.txt."""

import json
import platform
import re
import sys
from pathlib import Path

import ledger
from checks.sources import write

REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9._-]+)==(?P<version>\S+)\s*#\s*(?P<licence>\S.*)")


def component(kind, name, version, licence):
    """One dependency. `kind` is the ecosystem of its package URL."""
    purl = f"pkg:{kind}/{name.lower()}@{version}"
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl, "licenses": [{"expression": licence}]}


def components():
    """Python and every requirement. A line that says no version or no licence is refused."""
    yield component("generic", "python", platform.python_version(), "Python-2.0")
    for line in Path("requirements.txt").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            required = REQUIREMENT.fullmatch(line.strip())
            if not required:
                sys.exit(f'requirements.txt: write "name==version  # SPDX licence", not {line!r}')
            yield component("pypi", **required.groupdict())


def main(report):
    """Writes the document."""
    needed = list(components())
    itself = {"type": "application", "bom-ref": "ledger", "name": "ledger", "version": ledger.__version__}
    dependencies = [{"ref": "ledger", "dependsOn": [each["bom-ref"] for each in needed]}]
    document = {"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "metadata": {"component": itself}}
    write(report, json.dumps({**document, "components": needed, "dependencies": dependencies}, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
