"""Proves that CPython's threads, locks, queues, timers and signals do their work: many threads, short and long lived."""
import concurrent.futures
import os
import queue
import signal
import socket
import sys
import threading
import time


def counters():
    lock, total = threading.Lock(), [0]

    def work():
        for _ in range(2000):
            with lock:
                total[0] += 1

    threads = [threading.Thread(target=work) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("counter", total[0])


def short_lived():
    results = []
    for i in range(500):
        thread = threading.Thread(target=results.append, args=(i,))
        thread.start()
        thread.join()
    print("short lived", len(results), sum(results))


def producers_and_consumers():
    jobs, results = queue.Queue(maxsize=10), queue.Queue()

    def consume():
        while (item := jobs.get()) is not None:
            results.put(item * item)

    consumers = [threading.Thread(target=consume) for _ in range(8)]
    for thread in consumers:
        thread.start()
    for i in range(1000):
        jobs.put(i)
    for _ in consumers:
        jobs.put(None)
    for thread in consumers:
        thread.join()
    print("queue", sum(results.get() for _ in range(1000)))


def conditions_and_barriers():
    barrier, order = threading.Barrier(16), []
    turn, condition = [0], threading.Condition()

    def take_turns(me):
        barrier.wait()
        with condition:
            condition.wait_for(lambda: turn[0] == me)
            order.append(me)
            turn[0] += 1
            condition.notify_all()

    threads = [threading.Thread(target=take_turns, args=(i,)) for i in range(16)]
    for thread in reversed(threads):
        thread.start()
    for thread in threads:
        thread.join()
    print("turns", order)
    with condition:
        print("condition timeout", condition.wait(0.05))
    print("semaphore timeout", threading.Semaphore(0).acquire(timeout=0.05))
    event = threading.Event()
    threading.Timer(0.05, event.set).start()
    print("timer", event.wait(20))


def own_data():
    local, seen = threading.local(), []

    def work(i):
        local.value = i
        time.sleep(0.001)
        seen.append(local.value == i)

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        list(pool.map(work, range(200)))
    print("thread locals", all(seen), len(seen))
    ids = set()
    gate = threading.Barrier(10)

    def identify():
        ids.add(threading.get_native_id())
        gate.wait()

    threads = [threading.Thread(target=identify) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("thread ids", len(ids), os.getpid() in ids, threading.get_native_id() == os.getpid())


def blocking_calls_release_others():
    left, right = socket.socketpair()
    read_end, write_end = os.pipe()
    got = []
    threads = [threading.Thread(target=lambda: got.append(left.recv(10))),
               threading.Thread(target=lambda: got.append(os.read(read_end, 10)))]
    for thread in threads:
        thread.start()
    right.send(b"socket")
    threads[0].join()
    os.write(write_end, b"pipe")
    threads[1].join()
    print("blocking", got)


def signals():
    seen = []
    signal.signal(signal.SIGUSR1, lambda number, frame: seen.append(threading.current_thread() is threading.main_thread()))
    worker = threading.Thread(target=lambda: signal.pthread_kill(threading.get_ident(), signal.SIGUSR1))
    worker.start()
    worker.join()
    while not seen:
        time.sleep(0.001)
    print("handler ran in the main thread", seen)
    # A signal must wake the main thread out of a lock that it waits for.
    signal.signal(signal.SIGALRM, lambda number, frame: lock.release())
    lock = threading.Lock()
    lock.acquire()
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    lock.acquire()
    print("lock released by a handler")
    blocked = {signal.SIGUSR2}
    signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    os.kill(os.getpid(), signal.SIGUSR2)
    print("pending", signal.sigpending() == blocked, signal.sigwait(blocked) == signal.SIGUSR2)
    if hasattr(signal, "sigtimedwait"):  # not in PyPy
        print("sigtimedwait", signal.sigtimedwait(blocked, 0.01))


def fork_from_a_thread():
    def work():
        pid = os.fork()
        if pid == 0:
            os._exit(len(threading.enumerate()) + 40)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

    statuses = []
    for _ in range(10):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    print("forks", statuses)


def fork_amid_running_threads():
    stop, spinning = threading.Event(), []
    threads = [threading.Thread(target=lambda: [spinning.append(1) and time.sleep(0) for _ in iter(stop.is_set, True)])
               for _ in range(4)]
    for thread in threads:
        thread.start()
    statuses = []
    for i in range(20):
        pid = os.fork()
        if pid == 0:
            os._exit(i)
        statuses.append(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    stop.set()
    for thread in threads:
        thread.join()
    print("forks amid threads", statuses == list(range(20)))


def own_stacks():
    def recurse(n):
        return 0 if n == 0 else 1 + recurse(n - 1)

    threading.stack_size(16 << 20)
    sys.setrecursionlimit(20000)
    depth = []
    thread = threading.Thread(target=lambda: depth.append(recurse(15000)))
    thread.start()
    thread.join()
    print("deep", depth)


for test in (counters, short_lived, producers_and_consumers, conditions_and_barriers, own_data,
             blocking_calls_release_others, signals, fork_from_a_thread, fork_amid_running_threads, own_stacks):
    test()
print("faulthandler", end=" ", flush=True)
threading.Thread(target=lambda: os._exit(23)).start()
time.sleep(60)
