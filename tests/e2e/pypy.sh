#!/usr/bin/env bash
# Proves: PyPy (its own JIT, garbage collector and stack checks) runs threads, the event loop, multiprocessing by fork and by spawn,
# child processes, and a loop that its JIT compiles with the same results under the shim.
# shellcheck source=lib.sh disable=SC1091
source "$(dirname "$0")/lib.sh"
need pypy3

PYPY=$(realpath "$(command -v pypy3)")

both compiled "$PYPY" -c '
import gc, hashlib, mmap, sys, subprocess
def collatz(limit):
    best = 0
    for start in range(1, limit):
        steps, n = 0, start
        while n != 1:
            n, steps = (n // 2, steps + 1) if n % 2 == 0 else (3 * n + 1, steps + 1)
        best = max(best, steps * limit + start)
    return divmod(best, limit)
print("collatz", collatz(100000))
class Node:
    def __init__(self, next): self.next = next
kept = None
for i in range(2000000):
    kept = Node(kept if i % 1000 else None)
gc.collect()
def deeper(n): return deeper(n + 1)
for _ in range(20):
    try: deeper(0)
    except RecursionError: pass
print("recursion", sys.getrecursionlimit())
with mmap.mmap(-1, 1 << 20) as memory:
    memory[:5] = b"hello"; print("mmap", bytes(memory[:8]), hashlib.sha256(memory).hexdigest()[:16])
import ctypes
print("ctypes", ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x * 2)(21))
print(subprocess.run(["seq", "3"], capture_output=True).stdout)
'
E2E_STATUS=3
both asyncio "$PYPY" "$PROGRAMS/asynchronous.py"
E2E_STATUS=23
both threads "$PYPY" "$PROGRAMS/threads.py"
E2E_STATUS=0
for method in fork spawn; do
    both "$method" "$PYPY" "$PROGRAMS/multiprocesses.py" "$method"
done

expect_calls "$PYPY" 8
expect_calls seq
