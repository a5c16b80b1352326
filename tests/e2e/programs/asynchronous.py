"""Proves that CPython's event loop works: TCP with 200 clients at once, unix sockets, UDP, children, signals, timers, threads."""
import asyncio
import os
import signal
import socket
import sys


async def echo(reader, writer):
    while data := await reader.readline():
        writer.write(data.upper())
        await writer.drain()
    writer.close()


async def client(connect, number):
    reader, writer = await connect()
    received = 0
    for i in range(5):
        writer.write(b"client %d line %d\n" % (number, i))
        await writer.drain()
        received += await reader.readline() == b"CLIENT %d LINE %d\n" % (number, i)
    writer.close()
    await writer.wait_closed()
    return received


async def tcp():
    server = await asyncio.start_server(echo, "127.0.0.1", 0, backlog=256)
    port = server.sockets[0].getsockname()[1]
    counts = await asyncio.gather(*(client(lambda: asyncio.open_connection("127.0.0.1", port), i) for i in range(200)))
    print("tcp", sum(counts))
    server.close()
    await server.wait_closed()
    try:
        await asyncio.open_connection("127.0.0.1", port)
    except OSError as error:
        print("closed", type(error).__name__)


async def unix():
    server = await asyncio.start_unix_server(echo, "socket")
    print("unix", sum(await asyncio.gather(*(client(lambda: asyncio.open_unix_connection("socket"), i) for i in range(20)))))
    server.close()


async def bulk():
    size = 8 << 20

    async def send(reader, writer):
        writer.write(b"b" * size)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(send, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    print("bulk", len(await reader.read()) == size)
    writer.close()
    server.close()


async def udp():
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    class Server(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, address):
            self.transport.sendto(data[::-1], address)

    class Client(asyncio.DatagramProtocol):
        def datagram_received(self, data, address):
            done.set_result(data)

    server, _ = await loop.create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
    near, _ = await loop.create_datagram_endpoint(Client, remote_addr=server.get_extra_info("sockname"))
    near.sendto(b"datagram")
    print("udp", await asyncio.wait_for(done, 20))
    near.close()
    server.close()


async def children():
    child = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    print("cat", (await child.communicate(b"z" * 300000))[0].count(b"z"))

    async def status(number):
        return await (await asyncio.create_subprocess_shell(f"exit {number}")).wait()

    print("statuses", await asyncio.gather(*(status(i) for i in range(20))))
    child = await asyncio.create_subprocess_exec("sleep", "60")
    try:
        await asyncio.wait_for(child.wait(), 0.05)
    except asyncio.TimeoutError:
        child.terminate()
    print("terminated", await child.wait())
    try:
        await asyncio.create_subprocess_exec("/nonexistent")
    except FileNotFoundError as error:
        print("not found", error.filename)


async def signals():
    loop = asyncio.get_running_loop()
    counts = {signal.SIGUSR1: 0, signal.SIGTERM: 0}
    both = asyncio.Event()

    def seen(number):
        counts[number] += 1
        if all(counts.values()):
            both.set()

    for number in counts:
        loop.add_signal_handler(number, seen, number)
        os.kill(os.getpid(), number)
    await asyncio.wait_for(both.wait(), 20)
    print("signals", list(counts.values()))
    for number in counts:
        loop.remove_signal_handler(number)


async def timers_and_threads():
    loop = asyncio.get_running_loop()
    order = []
    await asyncio.gather(*(asyncio.sleep(delay / 100, order.append(delay)) for delay in (3, 1, 2)))
    fired = []
    done = loop.create_future()
    for delay in (0.06, 0.02, 0.04):
        loop.call_later(delay, fired.append, delay)
    loop.call_later(0.08, done.set_result, None)
    await done
    print("timers", fired)
    results = await asyncio.gather(*(asyncio.to_thread(lambda i=i: i * i) for i in range(30)))
    print("threads", sum(results))
    left, right = socket.socketpair()
    left.setblocking(False)
    right.setblocking(False)
    await loop.sock_sendall(right, b"pair")
    print("socketpair", await loop.sock_recv(left, 10))
    print("addresses", (await loop.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM))[0][4])
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.02)
    except asyncio.TimeoutError:  # in Python 3.9 not yet TimeoutError
        print("timeout")


async def main():
    for test in (tcp, unix, bulk, udp, children, signals, timers_and_threads):
        await test()
    task = asyncio.current_task()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, task.cancel)
    os.kill(os.getpid(), signal.SIGINT)
    try:
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        print("interrupted")


asyncio.run(main())
sys.exit(3)
