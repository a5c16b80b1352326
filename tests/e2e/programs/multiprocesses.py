"""Proves that CPython's multiprocessing works with each start method: pools, queues, pipes, locks, managers, shared memory."""
import multiprocessing
import multiprocessing.shared_memory
import os
import signal
import sys
import time


def square(x):
    return x * x


def fail(x):
    raise ValueError(f"no {x}")


def die(code):
    os._exit(code)


def add(lock, counter, times):
    for _ in range(times):
        with lock:
            counter.value += 1


def echo(connection):
    while (message := connection.recv()) is not None:
        connection.send(message[::-1])


def consume(jobs, results):
    for job in iter(jobs.get, None):
        results.put(job * 2)


def fill(name, value):
    shared = multiprocessing.shared_memory.SharedMemory(name)
    shared.buf[value] = value
    shared.close()


def wait_forever(ready):
    ready.set()
    time.sleep(100)


def exercise(method):
    context = multiprocessing.get_context(method)
    show = lambda *values: print(method, *values, flush=True)
    with context.Pool(3) as pool:
        show("map", sum(pool.map(square, range(500))))
        show("imap", list(pool.imap_unordered(square, [3] * 4)))
        try:
            pool.apply(fail, ("bananas",))
        except ValueError as error:
            show("error", error)
    queue, results = context.Queue(), context.Queue()
    workers = [context.Process(target=consume, args=(queue, results)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for i in range(200):
        queue.put(i)
    for _ in workers:
        queue.put(None)
    show("queue", sum(results.get() for _ in range(200)))
    for worker in workers:
        worker.join()
    here, there = context.Pipe()
    child = context.Process(target=echo, args=(there,))
    child.start()
    here.send(b"x" * 500000 + b"y")
    show("pipe", here.recv()[:3])
    here.send(None)
    child.join()
    lock, counter = context.Lock(), context.Value("i", 0)
    workers = [context.Process(target=add, args=(lock, counter, 300)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    show("lock", counter.value)
    array = context.Array("d", 10)
    array[3] = 1.5
    show("array", sum(array))
    shared = multiprocessing.shared_memory.SharedMemory(create=True, size=10000)
    workers = [context.Process(target=fill, args=(shared.name, i)) for i in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    show("shared memory", bytes(shared.buf[:4]))
    shared.close()
    shared.unlink()
    show("exit code", [(p := context.Process(target=die, args=(code,))).start() or p.join() or p.exitcode for code in (0, 7)])
    ready = context.Event()
    child = context.Process(target=wait_forever, args=(ready,))
    child.start()
    show("ready", ready.wait(30))
    child.terminate()
    child.join()
    show("terminated", child.exitcode == -signal.SIGTERM, child.is_alive())
    with context.Manager() as manager:
        shared_dict = manager.dict(a=1)
        shared_dict["b"] = 2
        show("manager", sorted(shared_dict.items()))


if __name__ == "__main__":
    for method in sys.argv[1:]:
        exercise(method)
