"""The program does what it does here on a machine that qemu emulates, with the same numbers.

For two models, the cases `files` and `integers` of test_every_cpu.py. By default the machine is an x86-64
without AVX (Nehalem, of 2008); then no function outside of the vector kernels for AVX may hold an
instruction that came later. --other and --machine name another build and what runs it. Ends with 77 if
there is no qemu.
"""

import re
import shlex
import shutil
import subprocess
import sys

import interop
import test_every_cpu

NEHALEM = "qemu-x86_64 -cpu Nehalem"
MODELS = ("mnist_cntk", "fashion_lstm")

# All of AVX, and what came with AVX2 for integers.
LATER = re.compile(r"\t(v[a-z0-9]+|andn|bextr|bls[a-z]+|bzhi|s[ahr][lr]x|rorx|mulx|pdep|pext|lzcnt|movbe)\b")


def later_instructions(program):
    """How many there are, and the functions outside of the vector kernels that hold some."""
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], capture_output=True, text=True, check=True)
    count, wrong, function = 0, set(), ""
    for line in listing.stdout.splitlines():
        if line.endswith(">:"):
            function = line.partition("<")[2]
        elif LATER.search(line):
            count += 1
            wrong |= set() if "N_AVX" in function else {function}
    return count, wrong


def main():
    parser = interop.parser(__doc__.splitlines()[0])
    parser.add_argument("--other", help="the program that the machine runs (default: that of --qtool)")
    parser.add_argument("--machine", default=NEHALEM, help="what runs it")
    arguments = parser.parse_args()
    launcher = shlex.split(arguments.machine)
    if shutil.which(launcher[0]) is None:
        print(f"{launcher[0]} is missing")
        sys.exit(77)
    tally = interop.Tally()
    if arguments.machine == NEHALEM:
        count, wrong = later_instructions(arguments.qtool)
        problem = f"outside of the vector kernels: {sorted(wrong)[:3]}" if wrong else "" if count else "none is found"
        tally.add("instructions later than Nehalem", problem, f"{count} in vector kernels")
    qtool = interop.Qtool(arguments.qtool, arguments.work)
    other = interop.Qtool(arguments.other or arguments.qtool, arguments.work, launcher=launcher)
    cases = list(test_every_cpu.cases_of(interop.ALL_SAMPLES[name] for name in MODELS))
    test_every_cpu.run(qtool, {"emulated": other}, cases, tally)
    tally.finish()


if __name__ == "__main__":
    main()
