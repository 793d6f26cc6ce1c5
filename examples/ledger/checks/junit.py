"""`python3 -m checks.junit FOLDER REPORT [LCOV]`: runs the unittest tests of a folder and writes JUnit XML; with LCOV
also which lines of the ledger they ran."""

import dis
import sys
import threading
import time
import traceback
import unittest
from pathlib import Path
from types import CodeType
from xml.etree import ElementTree

from checks.sources import write

PACKAGE = Path("ledger").resolve()


class Report(unittest.TextTestResult):
    """Keeps what becomes of each test."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.suite = ElementTree.Element("testsuite", name="ledger")

    def startTest(self, test):
        super().startTest(test)
        self._began = time.perf_counter()
        self._case = ElementTree.SubElement(self.suite, "testcase", classname=f"{type(test).__module__}.{type(test).__qualname__}")
        self._case.set("name", getattr(test, "_testMethodName", str(test)).removeprefix("test_").replace("_", " "))

    def stopTest(self, test):
        self._case.set("time", f"{time.perf_counter() - self._began:.3f}")
        super().stopTest(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._fail("failure", test, err)

    def addError(self, test, err):
        super().addError(test, err)
        self._fail("error", test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self._fail("failure", test, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        ElementTree.SubElement(self._case, "skipped", message=reason)

    def _fail(self, how, test, err):
        if not hasattr(self, "_case"):  # a module that can't be imported has no test of its own
            self._case = ElementTree.SubElement(self.suite, "testcase", classname="ledger", name=str(test))
        places = [frame for frame in traceback.extract_tb(err[2]) if frame.filename.startswith(str(Path.cwd()))]
        if places:
            self._case.set("file", Path(places[0].filename).relative_to(Path.cwd()).as_posix())
            self._case.set("line", str(places[0].lineno))
        failure = ElementTree.SubElement(self._case, how, message=printable(str(err[1])))
        failure.text = printable(self._exc_info_to_string(err, test))


class Lines:
    """Which lines of the package are run, by every thread."""

    def __init__(self):
        self._hit = {}

    def __enter__(self):
        threading.settrace(self._look)
        sys.settrace(self._look)
        return self

    def __exit__(self, *_):
        sys.settrace(None)
        threading.settrace(None)

    def _look(self, frame, event, _):
        if event == "call" and not frame.f_code.co_filename.startswith(str(PACKAGE)):
            return None
        self._hit.setdefault(frame.f_code.co_filename, set()).add(frame.f_lineno)
        return self._look

    def lcov(self):
        """One record for each file of the package, also of those that no test has loaded."""
        records = []
        for path in sorted(PACKAGE.rglob("*.py")):
            hit = self._hit.get(str(path), set())
            lines = sorted(executable(compile(path.read_text(encoding="utf-8"), str(path), "exec")))
            data = [f"DA:{line},{int(line in hit)}" for line in lines]
            counts = [f"LF:{len(lines)}", f"LH:{len(hit.intersection(lines))}"]
            records += [f"SF:{path.relative_to(Path.cwd()).as_posix()}", *data, *counts, "end_of_record"]
        return "\n".join([*records, ""])


def executable(code):
    """Numbers of the lines that could run."""
    inner = [executable(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    return {line for _, line in dis.findlinestarts(code) if line}.union(*inner)


def printable(text):
    """Without what XML can't hold."""
    return "".join(letter if letter in "\n\t" or letter.isprintable() else "?" for letter in text)


def main(folder, report, lcov=None):
    """Returns the exit code."""
    with Lines() as lines:
        tests = unittest.defaultTestLoader.discover(folder, top_level_dir=".")
        result = unittest.TextTestRunner(resultclass=Report, verbosity=2).run(tests)
    write(report, ElementTree.tostring(result.suite, encoding="unicode"))
    if lcov:
        write(lcov, lines.lcov())
    return 0 if result.wasSuccessful() and result.testsRun > 0 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
