#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# docs/syscalls.md is what the tables of the shim say. Usage: syscalls_page.sh [--fix] BUILD; --fix writes the page anew.
set -euo pipefail

fix=no
if [[ ${1:-} == --fix ]]; then
    fix=yes
    shift
fi
build=$1
page=$(dirname "$0")/../../docs/syscalls.md
made=$(mktemp)
trap 'rm -f "$made"' EXIT

"$build/src/shim/redoubt-syscalls-page" >"$made" || {
    echo "syscalls_page: a row claims what the shields' tables do not say; see above" >&2
    exit 1
}
# Every call of the kernel's headers has its line: an empty page is no page.
rows=$(grep -c '^| \*\*' "$made")
((rows > 350)) || {
    echo "syscalls_page: only $rows rows" >&2
    exit 1
}
if [[ $fix == yes ]]; then
    cp "$made" "$page"
    exit 0
fi
diff -u "$page" "$made" || {
    echo "syscalls_page: docs/syscalls.md differs from the tables; write it with tests/checks/syscalls_page.sh --fix $build" >&2
    exit 1
}
echo "docs/syscalls.md has all $rows rows as the tables have them"
