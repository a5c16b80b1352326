#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# soak.sh SECONDS: runs the storm natively for a moment, then under the shim, and looks at the protected process from outside
# as well: the runtime's own mappings, threads and descriptors, which the program cannot see, must not grow either.
set -euo pipefail
: "${BIN:?}" "${HELPERS:?}"
seconds=${1:?}
T=$(mktemp -d "${TMPDIR:-/tmp}/redoubt-soak.XXXXXX")
trap 'rm -rf "$T"' EXIT

"$HELPERS/storm" 2 >"$T/native" || { echo "FAILED natively" >&2; cat "$T/native" >&2; exit 1; }

"$BIN/redoubt" run -q -- "$HELPERS/storm" "$seconds" >"$T/out" 2>"$T/err" &
pid=$!
sample() { echo "$(wc -l <"/proc/$pid/maps") $(find "/proc/$pid/fd" 2>/dev/null | wc -l) $(awk '/^VmRSS/ {print $2}' "/proc/$pid/status")"; }
# After the warm-up and before the end; workers are at it both times, so these are bounds and no equality.
sleep 3
read -r maps_before fds_before rss_before < <(sample)
sleep "$(awk "BEGIN {print ($seconds > 3 ? $seconds - 2 : 1)}")"
read -r maps_after fds_after rss_after < <(sample || echo "0 0 0")
status=0
wait "$pid" || status=$?
cat "$T/out"
echo "seen from outside: mappings $maps_before then $maps_after, descriptors $fds_before then $fds_after, resident $rss_before then $rss_after KiB"
if ((status != 0)); then
  echo "FAILED: exit status $status" >&2
  head -c 4000 "$T/err" >&2
  exit 1
fi
((maps_after <= maps_before + 100)) || { echo "FAILED: mappings grow" >&2; exit 1; }
((fds_after <= fds_before + 40)) || { echo "FAILED: descriptors grow" >&2; exit 1; }
((rss_after <= rss_before + 16384)) || { echo "FAILED: memory grows" >&2; exit 1; }
