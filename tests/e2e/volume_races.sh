#!/usr/bin/env bash
# Proves: processes and threads that change the same names of a volume at once leave it consistent, with no errors but those that
# such races have; also for the next run.
# shellcheck source=namespace_lib.sh disable=SC1091,SC2034  # for the functions of the library
source "$(dirname "$0")/namespace_lib.sh"
E2E_LIMIT=120
PYTHON=/usr/bin/python3
[[ -x $PYTHON ]] || skip "$PYTHON is not installed"
manifest --file "$PYTHON" --tree "$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')"
volume "$T/data"
for attempt in 1 2; do
    run "$PYTHON" -c "$(<"$PROGRAMS/volume_stress.py")" "$T/data" 4 600
    expect "consistent_$attempt" 0 '^consistent$'
done
finish
