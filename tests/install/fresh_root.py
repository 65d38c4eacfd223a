"""A root folder with nothing but the shared libraries of some Debian packages, and programs run in it by chroot."""

import pathlib
import re
import shutil
import subprocess


PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


class Impossible(Exception):
    """What cannot be tested here, and why."""


def need_program(name):
    if not shutil.which(name):
        raise Impossible(f"there is no {name}")


def names(depends):
    """The packages in a Depends field, of alternatives the first."""
    return [re.match(r"\s*([^\s(|:]+)", part)[1] for part in depends.split(",") if part.strip()]


def installed(field):
    """The named field of every package that is installed here, as names."""
    line = f"${{Package}}\t${{{field}}}\n"
    query = subprocess.run(["dpkg-query", "-W", "-f", line], capture_output=True, text=True, check=True)
    return {package: names(rest) for package, rest in (row.split("\t") for row in query.stdout.splitlines())}


def real(packages):
    """For packages that others provide, those; the rest as they are."""
    provides = installed("Provides")
    return {r for name in packages for r in [p for p, provided in provides.items() if name in provided] or [name]}


def closure(packages):
    """The packages and all that they depend on, as they are installed here."""
    needs, known, open_ones = installed("Depends"), set(), list(real(packages))
    while open_ones:
        package = open_ones.pop()
        if package not in known:
            known.add(package)
            open_ones += needs.get(package, [])
    return known


def make(root, packages):
    """Fills the folder `root` with the shared libraries of the packages and of those that they depend on."""
    (root / "proc").mkdir()
    for folder in ("bin", "lib", "lib64"):  # as Debian has it
        (root / "usr" / folder).mkdir(parents=True)
        (root / folder).symlink_to(f"usr/{folder}")
    for package in closure(packages):
        files = subprocess.run(["dpkg-query", "-L", package], capture_output=True, text=True).stdout
        for file in map(pathlib.Path, files.splitlines()):
            if ".so" in file.name and file.is_file():
                copy = root / file.relative_to("/")
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, copy)
    return root


def caller(root, program):
    """A function that runs the program in `root` with its arguments, expects success and returns stdout."""
    # The loader finds what lies beside a program by /proc/self/exe.
    enter = 'mount --rbind /proc "$0/proc" && exec chroot "$0" "$@"'
    prefix = ["unshare", "--map-root-user", "--mount", "sh", "-c", enter]
    if subprocess.run([*prefix, "/", "/bin/true"], capture_output=True).returncode != 0:
        raise Impossible("unshare may not make a root folder of its own")

    def call(*arguments):
        done = subprocess.run([*prefix, root, program, *arguments], capture_output=True, text=True, env={"PATH": PATH})
        if done.returncode != 0:
            raise AssertionError(f"{program} {' '.join(arguments)} in {root}: {done.stderr.strip()}")
        return done.stdout

    return call
