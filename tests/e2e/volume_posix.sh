#!/usr/bin/env bash
# shellcheck disable=SC2016  # for an inner shell to expand
# Proves: what Linux promises of files, directories, names, attributes and permissions holds on a protected volume as it does on the
# host's own file system: one program of assertions (programs/posix_files.c) runs on both with the same expectations.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
need gcc bash
options=()

gcc -O1 -static -std=gnu11 -o "$T/posix_files" "$PROGRAMS/posix_files.c"
mkdir -m 755 "$T/native"
chmod 755 "$T"
"$T/posix_files" "$T/native" >"$T/native.out" 2>"$T/native.count" || fail "natively: $(<"$T/native.out")"

gcc -O1 -static -std=gnu11 -o "$T/volume_limits" "$PROGRAMS/volume_limits.c"
manifest --file "$T/posix_files" --file "$T/volume_limits"
volume "$T/data"
run "$T/posix_files" "$T/data"
expect same_as_natively 0 '^all as expected$'
# Asserted as often as natively: no part was left out.
expect every_assertion 0 "^$(<"$T/native.count")$"
# The same volume once more, in a new run: what the first left is there, so the directory is not empty.
run "$T/posix_files" "$T/data"
expect kept_across_runs 1 'mkdir.*File exists|EEXIST'

# What is not as natively is refused in the documented way.
INJECTIONS=()
rm -r "$T/data"
volume "$T/data"
run "$T/volume_limits" "$T/data"
expect documented_limits 0 '^all as documented$'

# Injected files and their directories lie over the volume.
inject "$T/data/conf/app.conf" 'injected below a volume'
for tool in ls cat mkdir rm mv touch; do options+=(--file "$(type -P $tool)"); done
manifest --file "$(type -P bash)" "${options[@]}"
script() { run "$(type -P bash)" -c "$1"; }
cd /
export V=$T/data LC_ALL=C
script 'cat $V/conf/app.conf; echo; ls $V; ls -a $V/conf'
expect injected_is_read 0 '^injected below a volume$'
expect injected_is_listed 0 '^conf$'
expect volume_is_listed_too 0 '^given$'
script 'cd $V/conf && cd .. && cat given && cat conf/app.conf'
expect up_again 0 '^from the parentinjected'
script 'mv $V/conf $V/other'
expect directory_of_injected_stays 1 'busy'
script 'mv $V/given $V/conf/app.conf'
expect injected_not_replaced 1 'busy'
script 'rm -f $V/conf/app.conf'
expect injected_not_removed 1 'busy'
finish
