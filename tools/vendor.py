"""Fetches the browser files that are not ours, as ``vendor.toml`` lists them, into ``scheduler/static/vendor/``.

Run by a developer when a version changes; the results are committed, so that no build and no other site is
needed to run Takt. Each file is compared with its SHA-256 and stored only when all of them agree.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

CHECKOUT = Path(__file__).parents[1]
LIST = CHECKOUT / "tools" / "vendor.toml"
VENDOR = CHECKOUT / "scheduler" / "static" / "vendor"


@dataclass(frozen=True)
class VendoredFile:
    """One file of a package: where it is there (``source``) and here (``path`` below ``static/vendor``)."""

    package: str
    version: str
    licence: str
    source: str
    sha256: str

    @property
    def path(self) -> str:
        """``htmx.org/htmx.min.js``: the package without its scope, then the file's own name."""
        return f"{PurePosixPath(self.package).name}/{PurePosixPath(self.source).name}"


def listed_files(text: str) -> Iterator[VendoredFile]:
    """The files that ``text`` (as ``vendor.toml``) names, in order."""
    for package in tomllib.loads(text)["package"]:
        for source, sha256 in package["files"].items():
            yield VendoredFile(package["name"], package["version"], package["licence"], source, sha256)


def packed(package: str, version: str, folder: Path) -> dict[str, bytes]:
    """The files of one published npm package by their path in it; ``folder`` takes the archive."""
    command = ["npm", "pack", f"{package}@{version}", "--silent", "--pack-destination", str(folder)]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    with tarfile.open(folder / name) as archive:
        members = {m.name.removeprefix("package/"): archive.extractfile(m) for m in archive.getmembers() if m.isfile()}
        return {path: file.read() for path, file in members.items() if file is not None}


def main() -> int:
    """Fetches, compares and stores; 1 when a file does not have the hash that is written for it."""
    files = list(listed_files(LIST.read_text(encoding="utf-8")))
    contents: dict[str, bytes] = {}
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        packages = {(f.package, f.version): packed(f.package, f.version, Path(folder)) for f in files}
    for file in files:
        content = packages[file.package, file.version][file.source]
        found = hashlib.sha256(content).hexdigest()
        if found != file.sha256:
            wrong += 1
            print(f"{file.package} {file.source}: found {found}, listed {file.sha256 or 'nothing'}", file=sys.stderr)
        contents[file.path] = content
    if wrong:
        return 1
    for path, content in contents.items():
        target = VENDOR / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        print(f"{len(content):7d}  {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
