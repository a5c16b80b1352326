// Proves that the JVM does its work: 64 threads, garbage collection under pressure, null pointers found by the processor's
// fault, stack overflows found by a guard page, child processes, NIO sockets, an http server, and a shutdown hook. Prints
// only what is the same in every run. One file, as a reader would hand it to javac: a function a feature. `Workload wait` stays until SIGTERM runs its hook; `Workload nulls` does only that part.

import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;

public final class Workload {
    static final class Node {
        int value = 1;
        Node next;
    }

    static void show(String name, Object... values) {
        System.out.println(name + " " + Arrays.deepToString(values));
    }

    static void threads() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(64);
        CyclicBarrier together = new CyclicBarrier(64);
        AtomicLong total = new AtomicLong();
        Object monitor = new Object();
        long[] guarded = new long[1];
        List<Future<Long>> results = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            final int number = i;
            Callable<Long> task = () -> {
                together.await();
                for (int round = 0; round < 500; round++) {
                    total.addAndGet(number);
                    synchronized (monitor) {
                        guarded[0]++;
                    }
                }
                return (long) number;
            };
            results.add(pool.submit(task));
        }
        long sum = 0;
        for (Future<Long> result : results) {
            sum += result.get();
        }
        pool.shutdown();
        show("threads", sum, total.get(), guarded[0], pool.awaitTermination(30, TimeUnit.SECONDS));

        SynchronousQueue<Integer> handover = new SynchronousQueue<>();
        Thread giver = new Thread(() -> {
            try {
                for (int i = 0; i < 2000; i++) {
                    handover.put(i);
                }
            } catch (InterruptedException error) {
                throw new IllegalStateException(error);
            }
        });
        giver.start();
        long taken = 0;
        for (int i = 0; i < 2000; i++) {
            taken += handover.take();
        }
        giver.join();
        show("handover", taken);

        Thread sleeper = new Thread(() -> {
            try {
                Thread.sleep(60_000);
            } catch (InterruptedException error) {
                show("interrupted");
            }
        });
        sleeper.start();
        sleeper.interrupt();
        sleeper.join();
        long begin = System.nanoTime();
        LockSupport.parkNanos(20_000_000);
        show("parked", System.nanoTime() - begin < 20_000_000_000L, new Semaphore(0).tryAcquire(20, TimeUnit.MILLISECONDS));
        for (int i = 0; i < 300; i++) {
            Thread brief = new Thread(() -> total.incrementAndGet());
            brief.start();
            brief.join();
        }
        show("brief", total.get());
        show("parallel", IntStream.range(0, 1_000_000).parallel().mapToLong(x -> x).sum());
    }

    static void garbage() {
        ArrayDeque<byte[]> window = new ArrayDeque<>();
        long allocated = 0;
        for (int i = 0; i < 40_000; i++) {
            byte[] block = new byte[40_000];
            block[i % block.length] = 1;
            window.addLast(block);
            if (window.size() > 2_000) {
                window.removeFirst();
            }
            allocated += block.length;
        }
        System.gc();
        show("garbage", allocated, window.size());
        try {
            List<byte[]> kept = new ArrayList<>();
            for (;;) {
                kept.add(new byte[16 << 20]);
            }
        } catch (OutOfMemoryError error) {
            show("out of memory", error.getMessage());
        }
    }

    static int read(Node node) {
        return node.value;
    }

    // Compiled code checks no reference before it is used: the fault tells. The optimising compiler stops doing so where
    // nulls are frequent; with -XX:TieredStopAtLevel=1 each of them is a SIGSEGV.
    static void nullPointers() {
        int caught = 0;
        int sum = 0;
        Node node = new Node();
        for (int i = 0; i < 50_000; i++) {
            sum += read(node);
        }
        for (int i = 0; i < 100_000; i++) {
            try {
                sum += read(i % 2 == 0 ? null : node);
            } catch (NullPointerException error) {
                caught++;
            }
        }
        int[] numbers = null;
        for (int i = 0; i < 100_000; i++) {
            try {
                sum += numbers[i];
            } catch (NullPointerException error) {
                caught++;
            }
        }
        show("null pointers", caught, sum);
        int others = 0;
        int[] four = new int[4];
        for (int i = 0; i < 20_000; i++) {
            try {
                sum += i / (i % 2);
            } catch (ArithmeticException error) {
                others++;
            }
            try {
                Object text = i % 2 == 0 ? "text" : Integer.valueOf(1);
                sum += ((String) text).length();
            } catch (ClassCastException error) {
                others++;
            }
            try {
                sum += four[i % 8];
            } catch (ArrayIndexOutOfBoundsException error) {
                others++;
            }
        }
        show("other exceptions", others);
    }

    static int deeper(int depth) {
        return deeper(depth + 1) + 1;
    }

    static void stackOverflows() throws Exception {
        int caught = 0;
        for (int i = 0; i < 20; i++) {
            try {
                deeper(0);
            } catch (StackOverflowError error) {
                caught++;
            }
        }
        AtomicLong inThreads = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            Thread thread = new Thread(null, () -> {
                try {
                    deeper(0);
                } catch (StackOverflowError error) {
                    inThreads.incrementAndGet();
                }
            }, "deep", 1 << 20);
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) {
            thread.join();
        }
        show("stack overflows", caught, inThreads.get());
    }

    static String output(Process process) throws IOException {
        try (InputStream stream = process.getInputStream()) {
            return new String(stream.readAllBytes()).trim();
        }
    }

    static void processes() throws Exception {
        Process echo = new ProcessBuilder("echo", "from", "a child").start();
        show("echo", output(echo), echo.waitFor());
        Process cat = new ProcessBuilder("cat").start();
        CompletableFuture<String> copied = CompletableFuture.supplyAsync(() -> {
            try {
                return output(cat);
            } catch (IOException error) {
                return error.toString();
            }
        });
        cat.getOutputStream().write("x".repeat(300_000).getBytes());
        cat.getOutputStream().close();
        show("cat", copied.get().length(), cat.waitFor());
        ProcessBuilder shell = new ProcessBuilder("sh", "-c", "echo $VARIABLE; pwd; echo err >&2; exit 7");
        shell.environment().put("VARIABLE", "value");
        shell.directory(Path.of("/usr/share").toFile());
        Process process = shell.redirectErrorStream(true).start();
        show("shell", output(process), process.waitFor());
        Process sleeper = new ProcessBuilder("sleep", "60").start();
        show("alive", sleeper.isAlive(), sleeper.waitFor(20, TimeUnit.MILLISECONDS));
        sleeper.destroy();
        show("destroyed", sleeper.waitFor());
        show("forcibly", new ProcessBuilder("sleep", "60").start().destroyForcibly().waitFor());
        try {
            new ProcessBuilder("/nonexistent").start();
        } catch (IOException error) {
            show("missing", error.getMessage());
        }
        List<ProcessBuilder> stages = List.of(new ProcessBuilder("seq", "100"), new ProcessBuilder("grep", "7"), new ProcessBuilder("wc", "-l"));
        List<Process> pipeline = ProcessBuilder.startPipeline(stages);
        show("pipeline", output(pipeline.get(2)));
        List<Process> many = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            many.add(new ProcessBuilder("sh", "-c", "exit " + i).start());
        }
        long sum = 0;
        for (Process one : many) {
            sum += one.waitFor();
        }
        show("many", sum);
    }

    static void nio() throws Exception {
        Selector selector = Selector.open();
        ServerSocketChannel server = ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
        InetSocketAddress address = (InetSocketAddress) server.getLocalAddress();
        final int clients = 50;
        CountDownLatch done = new CountDownLatch(clients);
        AtomicLong correct = new AtomicLong();
        for (int i = 0; i < clients; i++) {
            final int number = i;
            new Thread(() -> {
                try (SocketChannel channel = SocketChannel.open(address)) {
                    byte[] message = ("message of client " + number).getBytes();
                    channel.write(ByteBuffer.wrap(message));
                    channel.shutdownOutput();
                    ByteBuffer answer = ByteBuffer.allocate(100);
                    while (channel.read(answer) >= 0) {
                        continue;
                    }
                    if (Arrays.equals(message, Arrays.copyOf(answer.array(), answer.position()))) {
                        correct.incrementAndGet();
                    }
                } catch (IOException error) {
                    show("client", error);
                }
                done.countDown();
            }).start();
        }
        while (done.getCount() > 0) {
            selector.select(100);
            for (SelectionKey key : selector.selectedKeys()) {
                if (key.isAcceptable()) {
                    SocketChannel accepted = server.accept();
                    accepted.configureBlocking(false);
                    accepted.register(selector, SelectionKey.OP_READ);
                } else {
                    SocketChannel channel = (SocketChannel) key.channel();
                    ByteBuffer buffer = ByteBuffer.allocate(100);
                    if (channel.read(buffer) < 0) {
                        channel.close();
                    } else {
                        channel.write(buffer.flip());
                    }
                }
            }
            selector.selectedKeys().clear();
        }
        server.close();
        show("nio", correct.get());
    }

    static void http() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        ExecutorService workers = Executors.newFixedThreadPool(8);
        server.setExecutor(workers);
        server.createContext("/", exchange -> {
            byte[] body = (exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestBody().readAllBytes().length).getBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        String base = "http://127.0.0.1:" + server.getAddress().getPort();
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            answers.add(client.sendAsync(HttpRequest.newBuilder(URI.create(base + "/" + i)).build(), HttpResponse.BodyHandlers.ofString()));
        }
        int right = 0;
        for (int i = 0; i < 100; i++) {
            right += answers.get(i).get().body().equals("GET /" + i + " 0") ? 1 : 0;
        }
        HttpRequest post = HttpRequest.newBuilder(URI.create(base + "/post")).POST(HttpRequest.BodyPublishers.ofByteArray(new byte[200_000])).build();
        show("http", right, client.send(post, HttpResponse.BodyHandlers.ofString()).body());
        server.stop(0);
        workers.shutdown();
    }

    static void files() throws Exception {
        Path file = Path.of("file");
        Files.writeString(file, "first line\n");
        Files.writeString(file, "second line\n", StandardOpenOption.APPEND);
        show("lines", Files.readAllLines(file));
        try (RandomAccessFile random = new RandomAccessFile("mapped", "rw"); FileChannel channel = random.getChannel()) {
            MappedByteBuffer map = channel.map(FileChannel.MapMode.READ_WRITE, 0, 1 << 20);
            map.putInt(1 << 19, 42);
            map.force();
            ByteBuffer four = ByteBuffer.allocate(4);
            channel.read(four, 1 << 19);
            show("mapped", four.getInt(0), channel.size(), channel.tryLock() != null);
        }
        Path directory = Files.createDirectories(Path.of("a/b/c"));
        Files.move(file, directory.resolve("moved"));
        try (var walk = Files.walk(Path.of("a"))) {
            show("walk", walk.map(Path::toString).sorted().toList());
        }
        try {
            Files.delete(Path.of("a"));
        } catch (IOException error) {
            show("not deleted", error.getClass().getSimpleName());
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 1 && arguments[0].equals("wait")) {
            Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println("shutdown hook")));
            System.out.println("waiting");
            Thread.sleep(60_000);
        }
        if (arguments.length == 1 && arguments[0].equals("nulls")) {
            nullPointers();
            return;
        }
        threads();
        garbage();
        nullPointers();
        stackOverflows();
        processes();
        nio();
        http();
        files();
        System.exit(11);
    }
}
