#!/usr/bin/env bash
# Proves: CPython with its standard library works under a manifest: imports, extension modules, subprocesses, ctypes, sockets by
# path; injected files behave as files (stat, seek, mmap, fork, sendfile); nothing but code becomes executable memory.
# shellcheck source=namespace_lib.sh disable=SC1091
source "$(dirname "$0")/namespace_lib.sh"
need cat
PYTHON=/usr/bin/python3
[[ -x $PYTHON ]] || skip "$PYTHON is not installed"
LIBRARY=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
mkdir "$T/host"
manifest --file "$PYTHON" --tree "$LIBRARY" --file "$(type -P cat)" --host "$T/host"
inject /etc/app/secret.conf 'canary in memory'

run "$PYTHON" -c "$(<"$PROGRAMS/namespace.py")" "$T/host"
expect python 0 '^all checks passed$'
finish
