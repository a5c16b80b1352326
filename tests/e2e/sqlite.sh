#!/usr/bin/env bash
# Proves: the SQLite shell with each journal mode (rollback files, WAL's shared memory), several processes writing one database at
# once, and databases written on one side and read on the other behave the same under the shim.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need sqlite3

SQLITE=$(command -v sqlite3)

session() {
    launcher "$1"
    local status=0 mode=$2
    (cd "$WORK" && { echo "PRAGMA journal_mode = $mode;" && cat "$PROGRAMS/session.sql"; } |
        timeout -k 5 "$E2E_LIMIT" "${LAUNCH[@]}" "$SQLITE" -batch test.db 2>&1) || status=$?
    echo "status $status"
    # What it left is whole, for a native reader too.
    sqlite3 "$WORK/test.db" 'PRAGMA integrity_check; SELECT count(*), sum(id), sum(value) FROM numbers'
    sqlite3 "$WORK/backup.db" 'SELECT count(*), sum(id) FROM numbers'
    (cd "$WORK" && find . -type f | sort)
}
for journal in delete truncate persist memory wal; do
    both_workloads "$journal" session "$journal"
done

# Four processes insert into one database; every row arrives once. In the protected run two of them are native.
several() {
    local writer status pids=()
    sqlite3 "$WORK/shared.db" "PRAGMA journal_mode = $2; CREATE TABLE t (writer, n)"
    for writer in 1 2 3 4; do
        launcher "$([[ $writer -gt 2 ]] && echo native || echo "$1")"
        {
            echo '.timeout 30000'
            for n in {1..50}; do echo "INSERT INTO t VALUES ($writer, $n);"; done
        } >"$WORK/$writer.sql"
        (cd "$WORK" && exec timeout -k 5 "$E2E_LIMIT" "${LAUNCH[@]}" "$SQLITE" -batch shared.db) <"$WORK/$writer.sql" 2>&1 &
        pids+=($!)
    done
    for writer in "${pids[@]}"; do
        status=0
        wait "$writer" || status=$?
        echo "status $status"
    done
    sqlite3 "$WORK/shared.db" 'SELECT writer, count(*), sum(n) FROM t GROUP BY writer; PRAGMA integrity_check'
}
both_workloads several_delete several delete
both_workloads several_wal several wal

expect_calls "$SQLITE" 9
