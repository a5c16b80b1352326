#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Proves: with few descriptors a program runs, or there is one clear line and 125; descriptors that the program inherits are
# never replaced by the shim's own; one that runs out of them sees EMFILE, at the number it would natively.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need /usr/bin/python3

for limit in 17 18 24 64 256 1003 1009; do
  # shellcheck disable=SC2016  # for the inner shell to expand
  run limit bash -c 'ulimit -n "$1" && exec "$2" run -q -- /bin/sh -c "/bin/true && echo fine | cat"' bash "$limit" "$BIN/redoubt"
  [[ $STATUS == 0 && $(<"$T/limit.out") == fine ]] || fail "limit of $limit: exit status $STATUS"
  echo "ok limit of $limit"
done
for limit in 5 8 16; do
  # shellcheck disable=SC2016
  run few bash -c 'ulimit -n "$1" && exec "$2" run -q -- /bin/true' bash "$limit" "$BIN/redoubt"
  one_clear_error few 125 'descriptors'
done
# A low soft limit alone does not matter.
# shellcheck disable=SC2016
run soft bash -c 'ulimit -Sn 16 && exec "$1" run -q -- /bin/sh -c "/bin/true && ulimit -Sn"' bash "$BIN/redoubt"
[[ $STATUS == 0 && $(<"$T/soft.out") == 16 ]] || fail "soft limit: exit status $STATUS"
echo 'ok soft limit'

cat >"$T/inherit.py" <<'END'
import os, subprocess, sys

command = sys.argv[1:]
read = "import os, sys; print(*(os.fstat(int(n)).st_ino for n in sys.argv[1:]))"
for numbers in ((1000,), (1003, 1007), (992, 1000), tuple(range(3, 300)), tuple(range(900, 1020))):
    for number in numbers:
        os.dup2(os.memfd_create("x"), number)
        os.set_inheritable(number, True)
    wanted = " ".join(str(os.fstat(number).st_ino) for number in numbers)
    found = subprocess.run([*command, "/usr/bin/python3", "-c", read, *map(str, numbers)], close_fds=False, capture_output=True, text=True)
    assert found.stdout.strip() == wanted, (numbers, found)
    for number in numbers:
        os.close(number)
    print("ok inherited", numbers[0], "to", numbers[-1])
END
run inherit /usr/bin/python3 "$T/inherit.py" "$BIN/redoubt" run -q --
[[ $STATUS == 0 ]] || fail "inherit"
cat "$T/inherit.out"

# Every number taken, and nothing left: the same as natively, for the numbers below the shim's.
cat >"$T/exhaust.py" <<'END'
import errno, os, resource

resource.setrlimit(resource.RLIMIT_NOFILE, (200, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
opened = []
try:
    while True:
        opened.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    assert error.errno == errno.EMFILE, error
assert opened[-1] == 199, opened[-1]
try:
    os.open("/proc/self/maps", os.O_RDONLY)
    raise SystemExit("a descriptor out of nowhere")
except OSError as error:
    assert error.errno == errno.EMFILE, error
os.close(opened.pop())
text = None
try:
    text = open("/proc/self/maps").read()
except OSError as error:  # the shim needs two more for a moment
    assert error.errno == errno.EMFILE, error
assert text is None or "redoubt" not in text, text
pid = os.fork()
if pid == 0:
    try:
        os.execv("/bin/true", ["true"])
    except OSError as error:
        os._exit(0 if error.errno == errno.EMFILE else 3)
assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
print("fine")
END
run exhaust "$BIN/redoubt" run -q -- /usr/bin/python3 "$T/exhaust.py"
[[ $STATUS == 0 && $(<"$T/exhaust.out") == fine ]] || fail "exhaust: exit status $STATUS"
echo 'ok exhaust'
