"""What tests share that are cases with an expected outcome: tables of them, and how one goes wrong or is left out."""
import re
import subprocess
import sys

from harness import ServerDied, say


class Wrong(Exception):
    """Not the expected outcome."""


class Skipped(Exception):
    """The case cannot be run here."""


def check(good, what):
    if not good:
        raise Wrong(what)


def end_with(name, main):
    """Runs a test's main() and ends the process: with 1 and the reason where something went wrong."""
    try:
        main()
    except (Wrong, ServerDied, AssertionError) as problem:
        say(f"FAILED: {name}:", problem)
        sys.exit(1)


def expect(got, pattern):
    if not re.search(pattern, got, re.S):
        raise Wrong(f"got {got[:160]!r}, expected {pattern!r}")


def run_to_end(binary, arguments, folder, seconds=20):
    process = subprocess.Popen([binary, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder)
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        raise Wrong(f"did not end: {output[-200:]!r}") from None
    if process.returncode < 0:
        raise Wrong(f"ended by signal {-process.returncode}: {output[-300:]!r}")
    return process.returncode, output


class Table:
    """The cases as they are run, one line each; end() sums up and exits with 1 if any failed."""

    def __init__(self, title, only=None):
        self.title, self.only, self.rows = title, only, []

    def case(self, group, name, expected, function, *arguments):
        if self.only and self.only not in f"{group}: {name}":
            return
        try:
            outcome, verdict = function(*arguments) or "as expected", "ok"
        except Skipped as reason:
            outcome, verdict = str(reason), "skipped"
        except (Wrong, AssertionError, ServerDied, OSError) as problem:
            outcome, verdict = f"{type(problem).__name__}: {problem}", "FAILED"
        self.rows.append((verdict, group, name, expected, outcome))
        say(f"{verdict:8} {group:10} {name:38} {expected[:44]:44} {str(outcome)[:1200 if verdict == 'FAILED' else 90]}")

    def end(self):
        failed = sum(row[0] == "FAILED" for row in self.rows)
        skipped = sum(row[0] == "skipped" for row in self.rows)
        say(f"{self.title}: {len(self.rows)} cases, {len(self.rows) - failed - skipped} as expected, {failed} failed, {skipped} skipped")
        sys.exit(1 if failed or not self.rows else 0)
