# SPDX-License-Identifier: Apache-2.0
"""Source packages of Debian for the suites that are in no binary package, fetched with a private apt configuration."""

import pathlib
import subprocess

import compat


def source(package, cache):
    """The unpacked source of the package, below cache; fetched once. Raises CannotRun."""
    def unpacked():
        return next((path for path in sorted(cache.glob(f"{package}-*")) if path.is_dir()), None)

    if unpacked():
        return unpacked()
    lists = cache / "apt"
    (lists / "lists/partial").mkdir(parents=True, exist_ok=True)
    (lists / "cache").mkdir(exist_ok=True)
    # What the machine installs binaries from has the sources, too.
    entries = []
    for file in [pathlib.Path("/etc/apt/sources.list"), *pathlib.Path("/etc/apt/sources.list.d").glob("*")]:
        if file.suffix == ".sources":
            entries += [block for block in file.read_text().split("\n\n") if "debian" in block]
        elif file.is_file():
            entries += [line for line in file.read_text().splitlines() if line.startswith("deb ") and "debian" in line]
    one_line = [entry.replace("deb ", "deb-src ", 1) for entry in entries if entry.startswith("deb ")]
    blocks = [entry.replace("Types: deb\n", "Types: deb-src\n") for entry in entries if "Types: deb" in entry]
    (lists / "sources.list").write_text("\n".join(one_line) + "\n")
    (lists / "parts").mkdir(exist_ok=True)
    (lists / "parts/debian.sources").write_text("\n\n".join(blocks) + "\n")
    options = ["-o", f"Dir::Etc::sourcelist={lists}/sources.list", "-o", f"Dir::Etc::sourceparts={lists}/parts", "-o",
               f"Dir::State::lists={lists}/lists", "-o", f"Dir::Cache={lists}/cache", "-o", "APT::Sandbox::User=root"]
    for command in (["apt-get", *options, "-q", "update"], ["apt-get", *options, "-q", "source", package]):
        done = subprocess.run(command, cwd=cache, capture_output=True, text=True)
        if done.returncode != 0:
            raise compat.CannotRun(f"{' '.join(command[-3:])} failed: {done.stderr.strip()[-400:]}")
    if not unpacked():
        raise compat.CannotRun(f"apt-get source {package} unpacked nothing (is dpkg-dev installed?)")
    return unpacked()


def build(directory, program, *commands):
    """Runs the commands in the directory unless the program is there already."""
    if (directory / program).exists():
        return
    print(f"building {directory.name}", flush=True)
    for command in commands:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
        if done.returncode != 0:
            raise compat.CannotRun(f"{' '.join(command)} failed in {directory}: {done.stdout[-400:]}{done.stderr[-400:]}")
