"""What the scripts of this folder share: the program in a folder of test files, and tables of cases."""

import argparse
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import fixtures

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = []


class World:
    """A folder of test files (fixtures.py) and the program, run in that folder. All cases share it, so
    that no case may write out.onnx or over a test file."""

    def __init__(self, program, folder):
        self.program = pathlib.Path(program).resolve()
        self.folder = pathlib.Path(folder)
        fixtures.write(self.folder, ROOT / "data")

    def run(self, line, **environment):
        """Runs `qtool <line>` with stdout and stderr captured."""
        return subprocess.run(
            [self.program, *line.split()],
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
        )

    def ok(self, line, **environment):
        """Runs it, expects success and a silent stderr; returns stdout."""
        done = self.run(line, **environment)
        expect(done.returncode == 0, f"'{line}' ended with {done.returncode}: {done.stderr.strip()}")
        expect(done.stderr == "", f"'{line}' wrote to stderr: {done.stderr.strip()}")
        return done.stdout

    def path(self, name):
        return self.folder / name

    def bytes(self, name):
        return self.path(name).read_bytes()

    def json(self, name):
        return json.loads(self.bytes(name))

    def listing(self):
        return sorted(str(p.relative_to(self.folder)) for p in self.folder.rglob("*"))


class Unmet(Exception):
    """What a case expected and did not get."""


def expect(condition, message):
    if not condition:
        raise Unmet(message)


def case(name, function=None, **arguments):
    """Notes a case; without a function, a decorator for one that takes the world."""
    if function is None:
        return functools.partial(case, name)
    CASES.append((name, functools.partial(function, **arguments)))
    return function


def main(description):
    """Runs the cases that the script has noted."""
    parser = argparse.ArgumentParser(description=description.splitlines()[0])
    parser.add_argument("--qtool", default=ROOT / "build/release/bin/qtool")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    failed = passed = 0
    with tempfile.TemporaryDirectory() as folder:
        world = World(arguments.qtool, folder)
        for name, function in CASES:
            if arguments.only not in name:
                continue
            try:
                function(world)
                passed += 1
                print(f"PASS {name}", flush=True)
            except Unmet as unmet:
                failed += 1
                print(f"FAIL {name}: {unmet}", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(0 if failed == 0 and passed > 0 else 1)
