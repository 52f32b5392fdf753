"""Read one document in isolation and print what came of it, as JSON; a process of its own.

    python -m benchmarks.read_one PATH

The peak memory is that of the reading child; it includes what this process has when it starts it,
which is why nothing else is imported here.
"""

import json
import resource
import sys
import time
from pathlib import Path

from ipsdata.read.delimited import ReadError
from ipsdata.read.isolated import read_isolated


def main() -> None:
    """Read the document that the command line names."""
    path = Path(sys.argv[1])
    data = path.read_bytes()
    started = time.perf_counter()
    outcome, told = "read", ""
    try:
        told = "; ".join(read_isolated(data, path.name).warnings)
    except ReadError as error:
        outcome, told = error.reason, str(error)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        "name": path.name,
        "bytes": len(data),
        "outcome": outcome,
        "told": told[:300],
        "seconds": round(time.perf_counter() - started, 2),
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 2),
        "peak_mib": round(used.ru_maxrss / 1024, 1),
    }
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
