"""Nothing is lost: runs that are killed at any moment, full disks, folders that cannot be written, two runs
at once. A file that is written is afterwards the old one or the new one, and nothing is left beside it.

    python tests/e2e/interrupted.py [--qtool PROGRAM] [--only TEXT]
"""

import json
import os
import random
import shutil
import signal
import subprocess
import time

from world import ROOT, case, expect, main

KILLS = 70  # of each command
JOBS = {
    "dynamic": "dynamic resnet.onnx {}",
    "static": "static resnet.onnx {} --calib images.npy --scale 1/255",
    "calibrate": "calibrate model.onnx --calib many.npy --max-samples 2000 -o {}",
}


def prepare(world, name):
    """A folder with nothing but the target, an older file than what the commands write."""
    folder = world.path(name)
    folder.mkdir()
    if not world.path("resnet.onnx").exists():
        shutil.copy(ROOT / "data/models/fashion_resnet.onnx", world.path("resnet.onnx"))
    return folder / "target"


def seconds_of(world, line):
    start = time.monotonic()
    world.ok(line)
    return time.monotonic() - start


def start(world, line):
    return subprocess.Popen([world.program, *line.split()], cwd=world.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def is_whole_table(content):
    try:
        json.loads(content)
        return True
    except json.JSONDecodeError:
        return False


def survives(world, job, sent):
    """Every time the target is the file from before or the whole new one, which a calibration in parts also
    is in between; what the last run makes is what a run makes that nobody disturbed."""
    target = prepare(world, f"{job}_{sent.name}")
    line = JOBS[job].format(target)
    length = seconds_of(world, line)
    new = target.read_bytes()
    old = b"{}" if job != "calibrate" else None
    chance = random.Random(job)
    hit = 0
    for _ in range(KILLS):
        if old is None:
            target.unlink(missing_ok=True)
        else:
            target.write_bytes(old)
        process = start(world, line)
        time.sleep(chance.uniform(0, 1.1 * length))
        process.send_signal(sent)
        hit += process.wait() != 0
        content = target.read_bytes() if target.exists() else None
        is_part = job == "calibrate" and content is not None and is_whole_table(content)
        expect(content in (old, new) or is_part, f"the target is torn: {len(content or b'')} bytes")
    expect(hit > KILLS / 4, f"only {hit} of {KILLS} runs were still running")
    world.ok(line)
    expect(target.read_bytes() == new, "the run behind the last one that was killed gives another file")
    left = [p.name for p in target.parent.iterdir() if p != target]
    expect(not left, f"left behind: {left}")


for job in JOBS:
    for sent in (signal.SIGKILL, signal.SIGTERM):
        case(f"{job}, ended by {sent.name} at any moment", survives, job=job, sent=sent)


def in_own_mounts(world, script):
    """Runs a shell script that may mount file systems, in the folder of the world."""
    command = ["unshare", "--map-root-user", "--mount", "sh", "-e", "-c", script]
    return subprocess.run(command, cwd=world.folder, capture_output=True, text=True)


@case("a full disk")
def _(world):
    prepare(world, "full")
    for job in ("dynamic", "static"):
        line = JOBS[job].format("full/target")
        done = in_own_mounts(world, f"""
            mount -t tmpfs -o size=64k none full
            printf old > full/target
            {world.program} {line} && exit 9
            ls -A full; cat full/target""")
        expect(done.returncode == 0, f"{job} ended well: {done.stderr}")
        expect(done.stdout == "target\nold", f"{job} left {done.stdout!r}")
        expect("full/target: cannot be written: No space left on device" in done.stderr, done.stderr)


@case("a folder on a read-only disk, known before the work")
def _(world):
    prepare(world, "read_only")
    for line in (JOBS["dynamic"], JOBS["static"], JOBS["calibrate"].replace("many.npy", "nowhere.npy")):
        done = in_own_mounts(world, f"""
            mount -t tmpfs -o ro none read_only
            {world.program} {line.format("read_only/target")} && exit 9
            ls -A read_only""")
        expect(done.returncode == 0 and done.stdout == "", f"{line}: {done.stdout}")
        expect("read_only/target: cannot be written: Read-only file system" in done.stderr, done.stderr)


@case("a folder that the user may not write to")
def _(world):
    target = prepare(world, "forbidden")
    target.write_bytes(b"old")
    target.parent.chmod(0o555)
    rights = ["setpriv", "--bounding-set", "-dac_override"] if os.geteuid() == 0 else []
    line = JOBS["static"].format("forbidden/target").replace("images.npy", "nowhere.npy")
    done = subprocess.run([*rights, world.program, *line.split()], cwd=world.folder, capture_output=True, text=True)
    target.parent.chmod(0o755)
    expect(done.returncode == 1, f"exit code {done.returncode}")
    expect("forbidden/target: cannot be written: Permission denied" in done.stderr, done.stderr)
    expect([p.name for p in target.parent.iterdir()] == ["target"] and target.read_bytes() == b"old", "the folder changed")


@case("a device that takes nothing")
def _(world):
    done = world.run("plan model.onnx -o /dev/full --dynamic")
    expect(done.returncode == 1 and "/dev/full: cannot be written: No space left on device" in done.stderr, done.stderr)


@case("two runs at once on one target")
def _(world):
    target = prepare(world, "two")
    lines = [JOBS["dynamic"].format(target) + options for options in ("", " --per-tensor")]
    wholes = []
    for line in lines:
        world.ok(line)
        wholes.append(target.read_bytes())
    for _ in range(20):
        runs = [start(world, line) for line in lines]
        expect([run.wait() for run in runs] == [0, 0], "a run failed")
        expect(target.read_bytes() in wholes, "the target is neither's")
    expect([p.name for p in target.parent.iterdir()] == ["target"], "something is left")


main(__doc__)
