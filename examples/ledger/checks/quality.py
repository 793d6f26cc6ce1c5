"""`python3 -m checks.quality REPORT`: a few rules of style and of sense, written in the format of Checkstyle."""

import ast
import sys
from xml.etree import ElementTree

from checks.sources import sources, write

LONGEST = 160


def findings(path):
    """(line, severity, rule, message) of everything that is wrong in a file."""
    text = path.read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST:
            yield number, "warning", "line-length", f"this line has {len(line)} characters, and {LONGEST} are allowed"
        if line != line.rstrip() or "\t" in line:
            yield number, "info", "white-space", "this line has a tab, or ends with a space"
    if path.suffix == ".py":
        yield from in_tree(ast.parse(text, str(path)))


def in_tree(tree):
    """What Python's own syntax tree tells."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                name = (alias.asname or alias.name).split(".")[0]
                if name not in used:
                    yield node.lineno, "error", "unused-import", f'"{name}" is imported and not used'
        elif isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "error", "bare-except", "this takes every exception, also the one that ends the program"
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if any(isinstance(default, (ast.List, ast.Dict, ast.Set)) for default in [*node.args.defaults, *node.args.kw_defaults]):
                yield node.lineno, "error", "mutable-default", f'all calls of "{node.name}" share one default value'
        elif isinstance(node, ast.Compare) and any(isinstance(operator, (ast.Eq, ast.NotEq)) for operator in node.ops):
            if any(isinstance(side, ast.Constant) and side.value is None for side in node.comparators):
                yield node.lineno, "warning", "none-comparison", 'compare with None by "is"'


def main(report):
    """Says nothing by its exit code: whoever reads the report decides."""
    root = ElementTree.Element("checkstyle", version="1")
    for path in sources(".py", ".ts", ".mjs"):
        file = ElementTree.SubElement(root, "file", name=path.as_posix())
        for line, severity, rule, message in findings(path):
            ElementTree.SubElement(file, "error", line=str(line), severity=severity, message=message, source=f"ledger.{rule}")
    write(report, ElementTree.tostring(root, encoding="unicode", xml_declaration=True))


if __name__ == "__main__":
    main(*sys.argv[1:])
