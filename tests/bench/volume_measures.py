"""Programs that work on files, in four places: a directory of the host, gocryptfs over such a directory, the directory under the
runtime (what interception alone costs), and a protected volume that keeps its ciphertext there. Contents are in the page cache: what is
measured is the work of the software, and fsync on the disk that --directory names."""
import contextlib
import dataclasses
import pathlib
import re
import tempfile
from typing import Callable

from harness import Failed, find
from measures import Sample, from_report
from peers import gocryptfs


@dataclasses.dataclass
class VolumeMeasure:
    name: str
    what: str
    unit: str
    load: Callable  # (run, directory) -> the command, and what it reads from standard input
    sample: Callable = from_report
    variants = ("directory", "gocryptfs", "runtime, directory", "volume")

    def take(self, bench, variant):
        with bench.run(protected=variant == "runtime, directory") as run, tempfile.TemporaryDirectory(dir=bench.directory, prefix="redoubt-bench.") as parent:
            with PLACE[variant](pathlib.Path(parent)) as place:
                command, script = self.load(run, place)
                if variant == "volume":
                    bench.attested(run, command, measure=(command[0],), volume=str(place), host_directories=[])
                    command = []
                output = run.command(*command, **({"input": script} if script else {}))
                return self.sample(output, self.unit)


@contextlib.contextmanager
def in_directory(parent):
    (parent / "files").mkdir()
    yield parent / "files"


PLACE = {"directory": in_directory, "gocryptfs": gocryptfs, "runtime, directory": in_directory, "volume": in_directory}


def file_load(kind, operations):
    def load(run, directory):
        return [run.program("file_load"), str(run.scaled(operations)), kind, str(directory)], None

    return load


TRANSACTIONS = 500


def sqlite_script(journal, transactions):
    """Ten rows a transaction, each transaction durable, then one that reads everything. Times are SQLite's own."""
    lines = [f"PRAGMA journal_mode={journal}; PRAGMA synchronous=FULL;",
             "CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT, amount INTEGER); CREATE INDEX by_name ON item(name);",
             "SELECT 'begin', julianday('now');"]
    for number in range(transactions):
        rows = ",".join(f"('item {number * 7919 % 100003}-{row}', {row})" for row in range(10))
        lines.append(f"BEGIN; INSERT INTO item(name, amount) VALUES {rows}; COMMIT;")
    return "\n".join(lines + ["SELECT 'sum', count(*), sum(amount) FROM item;", "SELECT 'end', julianday('now');"]) + "\n"


def sqlite(journal):
    def load(run, directory):
        return [find("sqlite3"), str(directory / "database")], sqlite_script(journal, run.scaled(TRANSACTIONS))

    return load


def sqlite_sample(output, _):
    times = dict(re.findall(r"^(begin|end)\|([0-9.]+)", output, re.MULTILINE))
    rows = re.search(r"^sum\|(\d+)\|", output, re.MULTILINE)
    if len(times) != 2 or not rows:
        raise Failed(f"sqlite3 said {output!r}")
    count = int(rows[1]) // 10
    return Sample(count, (float(times["end"]) - float(times["begin"])) * 86400e3 / count)


def files(name, what, unit, operations):
    return VolumeMeasure(name, what, unit, file_load(name, operations))


VOLUME_MEASURES = [
    files("sequential_write", "sequential write, a MiB", "us", 128),
    files("sequential_read", "sequential read, a MiB", "us", 128),
    files("random_write", "random write of 4 KiB, fsync at the end", "us", 8000),
    files("random_read", "random read of 4 KiB", "us", 20000),
    files("fsync", "append of 4 KiB and fsync", "us", 200),
    files("small_create", "create a file of 1 KiB", "us", 1000),
    files("small_stat", "stat", "us", 1000),
    files("small_read", "open, read 1 KiB, close", "us", 1000),
    files("small_unlink", "unlink", "us", 1000),
    VolumeMeasure("sqlite_journal", "SQLite transaction, rollback journal", "ms", sqlite("DELETE"), sqlite_sample),
    VolumeMeasure("sqlite_wal", "SQLite transaction, WAL", "ms", sqlite("WAL"), sqlite_sample),
]
