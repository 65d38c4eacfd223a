"""Calibrates on a Dask cluster: every task runs one shard, a lost worker's shards run again elsewhere, and
the tables are joined at the end. The folder must be one that all machines see.

    calibrate_dask.py model.onnx samples/ table.json --shards 16 --scheduler tcp://head:8786 -- --scale 1/255
"""

import argparse
import pathlib
import subprocess

from distributed import Client


def run_shard(qtool, model, samples, folder, shard, shards, options):
    """Writes the table of one shard, unless it is whole already; returns its path."""
    table = pathlib.Path(folder) / f"{shard}.json"
    command = [qtool, "calibrate", model, "--calib", samples, "-o", table, "--shard", f"{shard}/{shards}", "--resume", "--quiet"]
    subprocess.run([*map(str, command), *options], check=True)
    return str(table)


def calibrate(client, qtool, model, samples, table, shards, options=()):
    """Runs all shards on the cluster of `client` and joins their tables to `table`."""
    folder = pathlib.Path(f"{table}.shards")
    folder.mkdir(exist_ok=True)
    tasks = [
        client.submit(run_shard, qtool, model, samples, str(folder), shard, shards, list(options), pure=False, retries=3)
        for shard in range(shards)
    ]
    subprocess.run([str(qtool), "merge", *client.gather(tasks), "-o", str(table)], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("samples")
    parser.add_argument("table")
    parser.add_argument("options", nargs="*", help="more options of qtool calibrate, behind --")
    parser.add_argument("--qtool", default="qtool")
    parser.add_argument("--shards", type=int, default=16)
    parser.add_argument("--scheduler", help="address of the cluster; without it, one of this machine's processes")
    a = parser.parse_args()
    with Client(a.scheduler) as client:
        calibrate(client, a.qtool, a.model, a.samples, a.table, a.shards, a.options)


if __name__ == "__main__":
    main()
