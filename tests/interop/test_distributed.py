"""The Dask example of docs/distributed.md: four workers, one killed midway, give the bytes of one run."""

import shutil
import sys
import threading
import time

import interop

sys.path.insert(0, str(interop.ROOT / "docs" / "examples"))
import calibrate_dask
from distributed import Client, LocalCluster

SAMPLE = interop.SAMPLES["fashion_mobile"]
SHARDS = 24


def kill_one(cluster, folder, killed):
    """Ends a worker's process when some tables are there and others are not."""
    while len(list(folder.glob("*.json"))) < SHARDS // 4:
        time.sleep(0.01)
    worker = next(iter(cluster.workers.values()))
    worker.process.process._process.kill()
    killed.append(len(list(folder.glob("*.json"))))


def main():
    arguments = interop.parser(__doc__.splitlines()[0]).parse_args()
    qtool, tally = interop.Qtool(arguments.qtool, arguments.work), interop.Tally()
    expected, table = qtool.work / "one.json", qtool.work / "dask.json"
    qtool("calibrate", SAMPLE.path, "--calib", SAMPLE.calib, *SAMPLE.flags, "-o", expected)
    folder, killed = qtool.work / "dask.json.shards", []
    shutil.rmtree(folder, ignore_errors=True)
    with LocalCluster(n_workers=4, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        killer = threading.Thread(target=kill_one, args=(cluster, folder, killed))
        killer.start()
        calibrate_dask.calibrate(client, qtool.program, SAMPLE.path, SAMPLE.calib, table, SHARDS, SAMPLE.flags)
        killer.join()
    midway = killed and killed[0] < SHARDS
    tally.add("a worker was killed midway", "" if midway else "it was not", f"{killed} of {SHARDS} tables were there")
    same = table.read_bytes() == expected.read_bytes()
    tally.add("the same bytes", "" if same else "the tables differ", f"{table.stat().st_size} bytes")
    tally.finish()


if __name__ == "__main__":
    main()
