"""What cmake --install and cpack make: it starts where nothing else is, and its documents are whole.

    python tests/install/installed.py --build build/release --work FOLDER prepare
    python tests/install/installed.py --build build/release --work FOLDER archive|debian|documents|...

`prepare` installs and packs into the work folder, for all others. Exit code 77: cannot be tested here.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys

import documents
import fresh_root

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ROOT / "data/models/mnist_cntk.onnx"


class World:
    """The build tree, and the folder with what was made of it."""

    def __init__(self, build, work):
        self.build = build.resolve()
        self.work = work.resolve()
        self.prefix = self.work / "prefix"
        self.program = self.build / "bin/qtool"

    def package(self, pattern):
        (file,) = (self.work / "packages").glob(pattern)
        return file

    def empty(self, name):
        """A new folder in the work folder."""
        shutil.rmtree(self.work / name, ignore_errors=True)
        (self.work / name).mkdir(parents=True)
        return self.work / name


def run(*command, **options):
    """Runs it, expects success; returns stdout."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def expect_quantizes(world, call, folder):
    """The program that `call` starts writes the file that the one of the build tree writes. Its root
    is `folder`."""
    (folder / "tmp").mkdir(exist_ok=True)
    shutil.copy(MODEL, folder / "tmp/model.onnx")
    expect(call("--version") == run(world.program, "--version"), "--version is another")
    call("dynamic", "/tmp/model.onnx", "/tmp/out.onnx")
    expected = folder / "tmp/expected.onnx"
    run(world.program, "dynamic", MODEL, expected)
    expect((folder / "tmp/out.onnx").read_bytes() == expected.read_bytes(), "it quantizes otherwise")


def prepare(world):
    fresh_root.need_program("dpkg-shlibdeps")
    world.empty("prefix")
    run("cmake", "--install", world.build, "--prefix", world.prefix)
    run("cpack", "--config", world.build / "CPackConfig.cmake", "-B", world.empty("packages"), cwd=world.work)


def prefix(world):
    """What was installed runs after the folder has moved, with the library that came along."""
    moved = world.empty("moved") / "elsewhere"
    shutil.copytree(world.prefix, moved, symlinks=True)
    run(moved / "bin/qtool", "dynamic", MODEL, world.work / "moved/out.onnx")
    libraries = run("ldd", moved / "bin/qtool")
    expect(f"{moved}/bin/../lib/qtool/libdnnl.so" in libraries, f"libdnnl is not its own: {libraries}")
    for name in ("onednn/LICENSE", "d3/LICENSE", "plot/LICENSE", "libcli11-dev/copyright"):
        expect((moved / "share/doc/qtool/licences" / name).stat().st_size > 0, f"{name} is missing")


def archive(world):
    """The .tar.gz starts where there are only glibc and libstdc++."""
    root = fresh_root.make(world.empty("archive"), ["libc6", "libstdc++6"])
    run("tar", "-xzf", world.package("qtool-*.tar.gz"), "-C", root, "--strip-components=1")
    expect_quantizes(world, fresh_root.caller(root, "/bin/qtool"), root)
    for library in (root / "lib/qtool").iterdir():
        if library.name.startswith("libdnnl"):
            continue
        owner = run("dpkg-query", "--search", f"*-linux-gnu/{library.name}").split(":")[0]
        licence = root / "share/doc/qtool/licences" / owner / "copyright"
        expect(licence.is_file(), f"the licence of {owner} is missing")


def fields(package):
    text = run("dpkg-deb", "--field", package)
    return dict(re.findall(r"^(\S+): (.*)$", text, re.MULTILINE))


def debian(world):
    """The .deb starts where there is what it depends on."""
    package = world.package("qtool_*.deb")
    depends = fresh_root.real(fresh_root.names(fields(package)["Depends"]))
    root = fresh_root.make(world.empty("debian"), depends)
    run("dpkg-deb", "--extract", package, root)
    needed = re.findall(r"NEEDED.*\[(.*)\]", run("readelf", "-d", root / "usr/bin/qtool"))
    expect("libprotobuf.so.32" in needed and "libdnnl.so.3" in needed, f"the program needs only {needed}")
    for name in needed:
        if (root / "usr/lib/qtool" / name).exists():
            continue
        owners = re.findall(r"^([^:\s]+):", run("dpkg-query", "--search", f"*/{name}"), re.MULTILINE)
        expect(set(owners) & set(depends), f"{name} is in none of {', '.join(depends)}")
    expect_quantizes(world, fresh_root.caller(root, "/usr/bin/qtool"), root)


def library(world):
    """A project finds qtool in what the two .debs hold, and quantizes with it as the program does."""
    root = world.empty("library")
    for package in ("qtool_*.deb", "libqtool-dev_*.deb"):
        run("dpkg-deb", "--extract", world.package(package), root)
    for header in (root / "usr/include/qtool").rglob("*.h"):
        others = set(re.findall(r"^#include <(\w+)/", header.read_text(), re.MULTILINE))
        expect(others <= {"fmt", "nlohmann"}, f"{header} needs {others}")
        for own in re.findall(r'^#include "(.*)"', header.read_text(), re.MULTILINE):
            expect((root / "usr/include/qtool" / own).is_file(), f"{header}: {own} is not installed")
    source, build = ROOT / "tests/install/consumer", root / "build"
    run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={root}/usr")
    run("cmake", "--build", build)
    expect(f"{world.build}/lib" not in (build / "build.ninja").read_text(), "it links what was not installed")
    expect(f"{root}/usr/lib/qtool/libdnnl.so" in run("ldd", build / "consumer"), "libdnnl is not its own")
    run(build / "consumer", MODEL, root / "out.onnx")
    run(world.program, "dynamic", MODEL, root / "expected.onnx")
    expect((root / "out.onnx").read_bytes() == (root / "expected.onnx").read_bytes(), "it quantizes otherwise")


CHECKS = {
    check.__name__: check
    for check in (prepare, prefix, archive, debian, library, documents.man, documents.bash, documents.zsh)
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("check", choices=CHECKS)
    arguments = parser.parse_args()
    world = World(arguments.build, arguments.work)
    try:
        CHECKS[arguments.check](world)
    except fresh_root.Impossible as reason:
        print(f"{arguments.check}: skipped: {reason}")
        sys.exit(77)
    except AssertionError as problem:
        sys.exit(f"{arguments.check}: {problem}")
    print(f"{arguments.check}: ok")


if __name__ == "__main__":
    main()
