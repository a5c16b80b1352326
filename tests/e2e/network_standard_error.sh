#!/usr/bin/env bash
# Proves: the runtime's lines go to the program's standard error, also to a log that the program put there with dup2, and never into
# a data file, a pipe or a socket that has got the number 2. See programs/standard_error.c.
# shellcheck source=network_lib.sh disable=SC1091
source "$(dirname "$0")/network_lib.sh"
need gcc
gcc -O1 -o "$T/standard_error" "$PROGRAMS/standard_error.c"
mkdir "$T/directory"
rules "default refuse" "listen 127.0.0.1:9 off"
under "$T/standard_error" "$T/directory" >"$T/answer" || true
expect "nothing is written elsewhere" "^donedone\$" <(tr -d "\n" <"$T/answer")
ports() { sed -n 's/.*refused to connect to 127.0.0.1:\([0-9]*\):.*/\1/p' "$1" | tr '\n' ' '; }
ports "$T/errors" >"$T/first"
ports "$T/directory/log" >"$T/log"
ports "$T/directory/second" >"$T/second"
expect "standard error of the start" '^1 $' "$T/first"
expect "a log by dup2" '^2 8 2 8 $' "$T/log"
expect "standard error after exec" '^1 $' "$T/second"
exit $WRONG
