"""A real client's session with memcached over its text protocol, many connections at once: memcached_client.py PORT."""
import socket
import sys
import threading

PORT = int(sys.argv[1])


class Client:
    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=30)
        self.file = self.socket.makefile("rb")

    def command(self, line, data=None):
        self.socket.sendall(line.encode() + b"\r\n" + (data + b"\r\n" if data is not None else b""))
        answer = self.file.readline().decode().strip()
        if answer.startswith("VALUE"):
            value = self.file.read(int(answer.split()[3]))
            self.file.readline()
            assert self.file.readline() == b"END\r\n"
            return value
        return answer


def one_client():
    client = Client()
    print(client.command("set key 5 0 5", b"value"), client.command("get key"), client.command("get none"))
    print(client.command("add key 0 0 1", b"x"), client.command("replace key 0 0 3", b"new"), client.command("append key 0 0 2", b"er"))
    print(client.command("get key"), client.command("delete key"), client.command("delete key"))
    print(client.command("set number 0 0 2", b"40"), client.command("incr number 2"), client.command("decr number 50"))
    large = b"l" * 1000000
    print(client.command(f"set large 0 0 {len(large)}", large), client.command("get large") == large)
    print(client.command("set huge 0 0 3000000", b"h" * 3000000))
    client = Client()
    print(client.command("nonsense"), client.command("set brief 0 -1 1", b"x"), client.command("get brief"))
    print(client.command("touch number 100"), client.command("flush_all"), client.command("get number"))


def many_clients():
    right = []

    def work(number):
        client = Client()
        count = 0
        for i in range(100):
            value = b"%d of %d" % (i, number) * 20
            count += client.command(f"set k{number}.{i} 0 0 {len(value)}", value) == "STORED"
            count += client.command(f"get k{number}.{i}") == value
        right.append(count)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("many clients", sum(right))
    client = Client()
    client.socket.sendall(b"".join(b"get k1.%d\r\n" % (i % 100) for i in range(1000)))
    values = sum(client.file.readline().startswith(b"VALUE") for _ in range(3000))
    print("pipelined", values)


one_client()
many_clients()
client = Client()
client.socket.sendall(b"stats\r\n")
stats = dict(line.split()[1:3] for line in iter(client.file.readline, b"END\r\n"))
print("threads", int(stats[b"threads"]), "items", int(stats[b"curr_items"]))
