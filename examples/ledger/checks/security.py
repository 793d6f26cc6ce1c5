"""`python3 -m checks.security REPORT`: calls that are dangerous, written as SARIF."""

import ast
import json
import sys

from checks.sources import sources, write

RULES = {
    "sql-injection": ("9.8", "a statement is put together from values", "write ? in the statement, and give the values beside it"),
    "command-injection": ("9.8", "a command line is given to a shell", "give a list of words, without shell=True"),
    "code-injection": ("9.8", "text is run as code", "read what the text says instead, such as with ast.literal_eval"),
    "unsafe-deserialisation": ("8.1", "reading this runs whatever its author wrote", "read JSON instead"),
    "weak-crypto": ("5.3", "this hash is broken", "take hashlib.sha256, or hashlib.scrypt for passwords"),
}
CALLS = {
    "eval": "code-injection", "exec": "code-injection", "os.system": "command-injection", "os.popen": "command-injection",
    "pickle.load": "unsafe-deserialisation", "pickle.loads": "unsafe-deserialisation", "marshal.loads": "unsafe-deserialisation",
    "hashlib.md5": "weak-crypto", "hashlib.sha1": "weak-crypto",
}
STATEMENTS = {"execute", "executemany", "executescript"}


def findings(tree):
    """(rule, call) of every dangerous call."""
    for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))]:
        values = {node.targets[0].id: node.value for node in own(scope) if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)}
        for call in own(scope):
            rule = ruled(call, values) if isinstance(call, ast.Call) else None
            if rule:
                yield rule, call


def own(scope):
    """The nodes of a function, without those of the functions inside it."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from own(child)


def ruled(call, values):
    """The rule that a call breaks."""
    name = ast.unparse(call.func)
    if name in CALLS:
        return CALLS[name]
    if any(word.arg == "shell" and isinstance(word.value, ast.Constant) and word.value.value for word in call.keywords):
        return "command-injection"
    if isinstance(call.func, ast.Attribute) and call.func.attr in STATEMENTS and call.args:
        statement = call.args[0]
        return "sql-injection" if assembled(values.get(statement.id, statement) if isinstance(statement, ast.Name) else statement) else None
    return None


def assembled(node):
    """Whether a text is put together from anything but constants."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return not all(isinstance(side, ast.Constant) for side in (node.left, node.right))
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("format", "join", "replace")


def result(path, rule, call):
    """One finding, as SARIF has it."""
    region = {"startLine": call.lineno, "startColumn": call.col_offset + 1}
    place = {"artifactLocation": {"uri": path.as_posix()}, "region": region}
    return {"ruleId": rule, "level": "error", "message": {"text": RULES[rule][1]}, "locations": [{"physicalLocation": place}]}


def main(report):
    """Says nothing by its exit code: whoever reads the report decides."""
    rules = [
        {"id": rule, "shortDescription": {"text": what}, "help": {"text": fix}, "properties": {"security-severity": score, "tags": ["security"]}}
        for rule, (score, what, fix) in RULES.items()
    ]
    paths = sources(".py")
    results = [result(path, *found) for path in paths for found in findings(ast.parse(path.read_text(encoding="utf-8"), str(path)))]
    artifacts = [{"location": {"uri": path.as_posix()}} for path in paths]
    run = {"tool": {"driver": {"name": "checks.security", "version": "1.0.0", "rules": rules}}, "artifacts": artifacts, "results": results}
    write(report, json.dumps({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}, indent=2))


if __name__ == "__main__":
    main(*sys.argv[1:])
