# SPDX-License-Identifier: Apache-2.0
"""Two processes write to one SQLite database at once; nothing is lost, nothing is damaged.

Usage: volume_sqlite.py DIRECTORY JOURNAL_MODE
"""

import os
import sqlite3
import sys

directory, mode = sys.argv[1:]
path = os.path.join(directory, mode + ".db")
ROUNDS = 60


def connect():
    connection = sqlite3.connect(path, timeout=60, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    return connection


connection = connect()
print(connection.execute("PRAGMA journal_mode = " + mode).fetchone()[0])
connection.execute("CREATE TABLE entries (writer INTEGER, number INTEGER, text TEXT)")
connection.execute("CREATE TABLE counter (value INTEGER)")
connection.execute("INSERT INTO counter VALUES (0)")
connection.close()


def write(writer):
    connection = connect()
    for number in range(ROUNDS):
        connection.execute("BEGIN IMMEDIATE")
        value = connection.execute("SELECT value FROM counter").fetchone()[0]
        connection.execute("INSERT INTO entries VALUES (?, ?, ?)", (writer, number, "x" * (number * 37 % 5000)))
        connection.execute("UPDATE counter SET value = ?", (value + 1,))
        connection.execute("ROLLBACK" if number % 10 == 9 else "COMMIT")
    connection.close()


children = []
for writer in range(2):
    child = os.fork()
    if child == 0:
        write(writer)
        os._exit(0)
    children.append(child)
for child in children:
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
connection = connect()
print(connection.execute("PRAGMA integrity_check").fetchone()[0])
print(connection.execute("SELECT value FROM counter").fetchone()[0])
print(connection.execute("SELECT writer, count(*), sum(number), sum(length(text)) FROM entries GROUP BY writer ORDER BY writer").fetchall())
