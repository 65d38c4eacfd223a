"""The man pages and completions that were installed, held against --help."""

import os
import pty
import re
import select
import subprocess
import time

from fresh_root import need_program


def run(*command, **environment):
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C.UTF-8", **environment}
    )


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def options(world, command):
    """The options in --help of a subcommand, of the program for ''."""
    text = run(world.program, *command.split(), "--help").stdout
    found = set()
    for line in re.findall(r"^  (-\S+)", text, re.MULTILINE):
        found.update(line.split(","))
    expect({"-h", "--help"} <= found, f"no options were found in --help of '{command}'")
    return found


def commands(world):
    text = run(world.program, "--help").stdout
    found = re.findall(r"^  (\w+) ", text.split("Subcommands:")[1].split("Examples:")[0], re.MULTILINE)
    expect("static" in found, "no subcommands were found in --help")
    return found


def man(world):
    """Every page is there, without a warning, and has every option, heading and subcommand of --help."""
    need_program("man")
    folder = world.prefix / "share/man/man1"
    pages = {"": "qtool.1", **{command: f"qtool-{command}.1" for command in commands(world)}}
    expect(sorted(pages.values()) == sorted(os.listdir(folder)), f"the pages are {sorted(os.listdir(folder))}")
    for command, page in pages.items():
        done = run("man", "--warnings", "-E", "UTF-8", "-l", folder / page, MANWIDTH="200", MAN_KEEP_FORMATTING="")
        expect(done.returncode == 0 and done.stderr == "", f"{page}: {done.stderr}")
        shown = re.sub(r"\s+", " ", done.stdout)
        named = set()
        for line in re.findall(r"^       (-.*)$", done.stdout, re.MULTILINE):
            named.update(word.rstrip(",") for word in line.split() if word.startswith("-"))
        expect(options(world, command) <= named, f"{page} lacks {options(world, command) - named}")
        for heading in re.findall(r"^(\S.*):$", run(world.program, *command.split(), "--help").stdout, re.MULTILINE):
            if heading not in ("Subcommands", "Positionals"):
                expect(heading.upper() in shown.upper(), f"{page} lacks the heading {heading}")
        for other in [] if command else commands(world):
            expect(f"qtool-{other}(1)" in shown, f"{page} lacks {other}")


def bash_words(script, *words):
    """What bash completes the last word to."""
    quoted = " ".join(f"'{word}'" for word in words)
    done = run(
        "bash", "--norc", "-c",
        f"source {script}; COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; compopt() {{ :; }}\n"
        f"_qtool; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
    )  # fmt: skip
    expect(done.stderr == "", f"bash: {done.stderr}")
    return set(done.stdout.split())


class Terminal:
    """An interactive shell, by what is typed and what is shown."""

    def __init__(self, shell, folder):
        child, self.terminal = pty.fork()
        if child == 0:
            environment = {"PATH": os.environ["PATH"], "TERM": "dumb", "LC_ALL": "C.UTF-8", "HOME": str(folder)}
            os.chdir(folder)
            os.execvpe(shell[0], shell, environment)

    def type(self, keys, wanted, seconds=30):
        """Types, and waits until `wanted` is shown, bells and colours left out."""
        os.write(self.terminal, keys.encode())
        shown, end = b"", time.monotonic() + seconds
        while wanted not in self.plain(shown):
            expect(time.monotonic() < end, f"no '{wanted}' after {keys!r}: {self.plain(shown)!r}")
            if select.select([self.terminal], [], [], 0.1)[0]:
                shown += os.read(self.terminal, 65536)

    @staticmethod
    def plain(shown):
        return re.sub(r"\x07|\x1b\[[?0-9;]*[A-Za-z]", "", shown.decode(errors="replace"))


def expect_completed(world, shell, setup):
    """Pressing the tabulator key completes subcommands, options, choices and files."""
    folder = world.empty(f"typed_{shell[0]}")
    (folder / "some model.onnx").touch()
    terminal = Terminal(shell, folder)
    terminal.type(f"{setup}; echo re''ady\n", "ready")
    clear_line = "\x15"
    for line, completed in {
        "qtool insp": "qtool inspect ",
        "qtool static --act": "qtool static --activation-type",
        "qtool static --format qo": "--format qoperator ",
        "qtool static --format=qo": "--format=qoperator ",
        "qtool dynamic some": "dynamic some\\ model.onnx ",
        "qtool bench --data some": "--data some\\ model.onnx ",
    }.items():
        terminal.type(line + "\t", completed)
        terminal.type(clear_line + "echo do''ne\n", "done")
    os.close(terminal.terminal)  # which ends the shell


def bash(world):
    script = world.prefix / "share/bash-completion/completions/qtool"
    expect(run("bash", "-n", script).stderr == "", "bash -n finds mistakes")
    first = {*commands(world), *options(world, "")}
    expect(bash_words(script, "qtool", "") == first, "other subcommands than in --help")
    for command in commands(world):
        shown = bash_words(script, "qtool", command, "-")
        expect(shown == options(world, command), f"{command}: {shown ^ options(world, command)} differ from --help")
    expect(bash_words(script, "qtool", "static", "--weight-type", "s") == {"s8", "s4", "s16"}, "other types")
    expect(bash_words(script, "qtool", "static", "--threads", "") == set(), "a number is completed")
    expect_completed(world, ["bash", "--norc", "-i"], f"source {script}")


def zsh(world):
    need_program("zsh")
    folder = world.prefix / "share/zsh/site-functions"
    expect(run("zsh", "-n", folder / "_qtool").stderr == "", "zsh -n finds mistakes")
    for command in commands(world):
        stub = "_arguments() { print -rl -- $@ }"
        done = run("zsh", "-fc", f"{stub}; words=(qtool {command} ''); CURRENT=3; source {folder}/_qtool")
        named = set(re.findall(r"^(?:\*|\([^)]*\))(-[^=+[]*)", done.stdout, re.MULTILINE))
        expect(named == options(world, command), f"{command}: {named ^ options(world, command)} differ from --help")
    setup = f"fpath=({folder} $fpath); autoload -U compinit; compinit -u -D"
    expect_completed(world, ["zsh", "-f", "-i"], setup)
