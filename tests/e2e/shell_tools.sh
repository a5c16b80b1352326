#!/usr/bin/env bash
# Proves: tar, gzip, find, xargs, sort with temporary files, awk, sed, grep, perl that forks, and the coreutils on unusual files
# print, write and return the same under the shim.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need tar gzip find xargs sort awk sed grep perl dd flock fallocate

# The shell reports a child killed by SIGXFSZ with its process id.
normalise() { sed -E 's/: *[0-9]+ File size limit/: PID File size limit/'; }
E2E_MERGE=1
both tools /bin/bash "$PROGRAMS/tools.sh"

for program in tar gzip find xargs sort awk sed grep perl dd cp mv rm ln stat flock md5sum; do
    expect_calls "$program"
done
