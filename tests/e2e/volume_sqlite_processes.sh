#!/usr/bin/env bash
# Proves: two Python processes write to one SQLite database on a protected volume, with a rollback journal and with a write-ahead
# log (shared memory by mmap), and find what they would find natively; a later run finds it too.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
PYTHON=/usr/bin/python3
[[ -x $PYTHON ]] || skip "$PYTHON is not installed"
"$PYTHON" -c 'import sqlite3' 2>/dev/null || skip "python3 has no sqlite3"
V=$T/data
mkdir "$T/native"
manifest --file "$PYTHON" --tree "$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
volume "$V"
for mode in delete wal; do
    "$PYTHON" -c "$(<"$PROGRAMS/volume_sqlite.py")" "$T/native" $mode >"$T/native.out"
    run "$PYTHON" -c "$(<"$PROGRAMS/volume_sqlite.py")" "$V" $mode
    if [[ $STATUS == 0 && $OUTPUT == "$(<"$T/native.out")" ]]; then
        echo "ok $mode"
    else
        echo "WRONG $mode: exit status $STATUS"
        diff "$T/native.out" - <<<"$OUTPUT" | head -n 20
        WRONG=$((WRONG + 1))
    fi
    run "$PYTHON" -c 'import sqlite3, sys
c = sqlite3.connect(sys.argv[1]); print(c.execute("PRAGMA integrity_check").fetchone()[0], c.execute("SELECT value FROM counter").fetchone()[0])' "$V/$mode.db"
    expect "${mode}_later" 0 '^ok 108$'
done
finish
