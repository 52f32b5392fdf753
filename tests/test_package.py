"""What is installed is complete: the wheel carries the schemas and works without the checkout."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from conftest import ROOT


def test_the_wheel_works_without_the_checkout(tmp_path: Path) -> None:
    build = "from hatchling.builders.wheel import WheelBuilder; import sys; \
next(WheelBuilder(sys.argv[1]).build(directory=sys.argv[2]))"
    subprocess.run([sys.executable, "-c", build, str(ROOT), str(tmp_path)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(unpacked)
    shipped = {
        p.relative_to(unpacked / "ipsdata") for p in (unpacked / "ipsdata/schemas").rglob("*.*")
    }
    wanted = {p.relative_to(ROOT) for p in (ROOT / "schemas").rglob("*.*")}
    assert shipped == wanted
    done = subprocess.run(
        [sys.executable, "-m", "ipsdata.cli", "--raw-dir", str(ROOT / "data/raw"), "run", "-q"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(unpacked)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "data/processed/latest/deployments.parquet").exists()
