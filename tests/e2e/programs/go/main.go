// Proves that a static Go program does its work: its system calls come from no libc, its stacks are tiny, its runtime preempts
// busy loops with signals and repairs faults. Prints only what is the same in every run. Run with an argument it plays a part:
// `child` answers its parent, `wait` stays until SIGTERM. One file: a function a feature, called in turn by main.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Println("unexpected error:", err)
		os.Exit(1)
	}
}

func goroutines() {
	var group sync.WaitGroup
	var lock sync.Mutex
	total := 0
	results := make(chan int, 10)
	for i := 0; i < 1000; i++ {
		group.Add(1)
		go func(number int) {
			defer group.Done()
			lock.Lock()
			total += number
			lock.Unlock()
			time.Sleep(time.Millisecond)
			results <- number
		}(i)
	}
	go func() { group.Wait(); close(results) }()
	sum := 0
	for number := range results {
		sum += number
	}
	fmt.Println("goroutines", total, sum)

	ping, pong := make(chan int), make(chan int)
	go func() {
		for number := range ping {
			pong <- number + 1
		}
		close(pong)
	}()
	number := 0
	for i := 0; i < 20000; i++ {
		ping <- number
		number = <-pong
	}
	close(ping)
	fmt.Println("ping pong", number)

	// Goroutines bound to threads: more kernel threads than processors.
	var threads sync.Map
	for i := 0; i < 32; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			runtime.LockOSThread()
			time.Sleep(5 * time.Millisecond)
			threads.Store(syscall.Gettid(), true)
			time.Sleep(5 * time.Millisecond)
		}()
	}
	group.Wait()
	count := 0
	threads.Range(func(any, any) bool { count++; return true })
	fmt.Println("locked threads", count == 32)
}

// With two processors, two loops that never call anything hold both: only a preempting signal lets the others run.
func preemption() {
	runtime.GOMAXPROCS(2)
	var stop, turns int64
	for i := 0; i < 2; i++ {
		go func() {
			var x uint64
			for atomic.LoadInt64(&stop) == 0 {
				for j := 0; j < 1000000; j++ {
					x = x*6364136223846793005 + 1442695040888963407
				}
			}
			atomic.AddInt64(&turns, int64(x&1|1))
		}()
	}
	ticks := 0
	for ticks < 3 {
		time.Sleep(time.Millisecond)
		runtime.GC() // stops the world: every busy loop has to be interrupted
		ticks++
	}
	atomic.StoreInt64(&stop, 1)
	for atomic.LoadInt64(&turns) < 2 {
		time.Sleep(time.Millisecond)
	}
	go func() {
		for {
		}
	}()
	for i := 0; i < 5; i++ {
		time.Sleep(time.Millisecond)
		runtime.GC()
	}
	fmt.Println("preempted", ticks)
}

func recursion(depth int, pad [200]byte) int {
	if depth == 0 {
		return int(pad[0])
	}
	return recursion(depth-1, pad) + 1
}

type pointer struct{ value int }

func faultsAndStacks() {
	fmt.Println("stack growth", recursion(100000, [200]byte{}))
	caught := 0
	for i := 0; i < 10000; i++ {
		func() {
			defer func() {
				if problem := recover(); problem != nil && strings.Contains(fmt.Sprint(problem), "nil pointer") {
					caught++
				}
			}()
			var none *pointer
			none.value = i
		}()
	}
	fmt.Println("nil pointers", caught)
	func() {
		defer func() { fmt.Println("recovered", recover()) }()
		zero := caught - 10000
		fmt.Println(1 / zero)
	}()
	debug.SetPanicOnFault(true)
	func() {
		defer func() { fmt.Println("fault", recover() != nil) }()
		memory, err := syscall.Mmap(-1, 0, 4096, syscall.PROT_NONE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
		check(err)
		fmt.Println(memory[0])
	}()
}

func timers() {
	order := make(chan int, 3)
	for _, delay := range []int{30, 10, 20} {
		delay := delay
		time.AfterFunc(time.Duration(delay)*time.Millisecond, func() { order <- delay })
	}
	fired := []int{<-order, <-order, <-order} // on a busy machine they may be late, and then in any order
	sort.Ints(fired)
	fmt.Println("timers", fired)
	ticker := time.NewTicker(time.Millisecond)
	for i := 0; i < 20; i++ {
		<-ticker.C
	}
	ticker.Stop()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	<-ctx.Done()
	fmt.Println("context", ctx.Err())
	begin := time.Now()
	time.Sleep(20 * time.Millisecond)
	passed := time.Since(begin)
	fmt.Println("clock", passed >= 20*time.Millisecond, passed < 20*time.Second)
}

func signals() {
	incoming := make(chan os.Signal, 10)
	for _, number := range []syscall.Signal{syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGHUP, syscall.SIGTERM, syscall.SIGINT, syscall.SIGWINCH, syscall.SIGURG} {
		signal.Notify(incoming, number)
		check(syscall.Kill(os.Getpid(), number))
		for received := range incoming { // the runtime sends itself SIGURG too
			if received == number {
				fmt.Println("signal", received)
				break
			}
		}
		signal.Reset(number)
	drain:
		for {
			select {
			case <-incoming:
			default:
				break drain
			}
		}
	}
	signal.Ignore(syscall.SIGHUP)
	check(syscall.Kill(os.Getpid(), syscall.SIGHUP))
	fmt.Println("ignored", signal.Ignored(syscall.SIGHUP))
}

func children() {
	output, err := exec.Command("echo", "from", "a child").Output()
	fmt.Printf("echo %q %v\n", output, err)
	cat := exec.Command("cat")
	cat.Stdin = bytes.NewReader(make([]byte, 300000))
	output, err = cat.Output()
	fmt.Println("cat", len(output), err)
	err = exec.Command("sh", "-c", "exit 9").Run()
	fmt.Println("status", err)
	fmt.Println("signal", exec.Command("sh", "-c", "kill -KILL $$").Run())
	fmt.Println("missing", exec.Command("/nonexistent").Run())
	fmt.Println("directory", exec.Command("/").Run())
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	fmt.Println("timeout", exec.CommandContext(ctx, "sleep", "60").Run())
	self, err := os.Executable()
	check(err)
	child := exec.Command(self, "child")
	child.Env = []string{"PART=played"}
	child.Dir = "/usr/share"
	child.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	read, write, err := os.Pipe()
	check(err)
	child.ExtraFiles = []*os.File{write}
	input, err := child.StdinPipe()
	check(err)
	check(child.Start())
	write.Close()
	fmt.Fprintln(input, "a question")
	answer, err := io.ReadAll(read)
	fmt.Printf("child %q %v %v\n", answer, err, child.Wait())
	var group sync.WaitGroup
	codes := make([]int, 30)
	for i := range codes {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			command := exec.Command("sh", "-c", fmt.Sprintf("exit %d", i))
			command.Run()
			codes[i] = command.ProcessState.ExitCode()
		}(i)
	}
	group.Wait()
	fmt.Println("many", codes)
}

func child() {
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	check(err)
	directory, err := os.Getwd()
	check(err)
	session, _, _ := syscall.RawSyscall(syscall.SYS_GETSID, 0, 0, 0)
	fmt.Fprintln(os.NewFile(3, "answer"), strings.TrimSpace(line), os.Getenv("PART"), directory, int(session) == os.Getpid())
	os.Exit(0)
}

func network() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/file" {
			http.ServeFile(w, r, "big")
			return
		}
		fmt.Fprintf(w, "%s %s %d", r.Method, r.URL.Path, len(body))
	})}
	go server.Serve(listener)
	check(os.WriteFile("big", make([]byte, 3<<20), 0o644))
	base := "http://" + listener.Addr().String()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 20, MaxConnsPerHost: 20}}
	fetch := func(path string, body io.Reader) []byte {
		response, err := client.Post(base+path, "text/plain", body)
		check(err)
		defer response.Body.Close()
		content, err := io.ReadAll(response.Body)
		check(err)
		return content
	}
	var group sync.WaitGroup
	var right int64
	for i := 0; i < 300; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			if string(fetch(fmt.Sprintf("/%d", i), strings.NewReader("body"))) == fmt.Sprintf("POST /%d 4", i) {
				atomic.AddInt64(&right, 1)
			}
		}(i)
	}
	group.Wait()
	fmt.Println("http", right, string(fetch("/large", bytes.NewReader(make([]byte, 1<<20)))), len(fetch("/file", nil)))
	check(server.Shutdown(context.Background()))
	_, err = net.Dial("tcp", listener.Addr().String())
	fmt.Println("closed", errors.Is(err, syscall.ECONNREFUSED))

	local, err := net.Listen("unix", "socket")
	check(err)
	go func() {
		connection, err := local.Accept()
		check(err)
		io.Copy(connection, connection)
		connection.Close()
	}()
	connection, err := net.Dial("unix", "socket")
	check(err)
	fmt.Fprint(connection, "through a unix socket")
	connection.(*net.UnixConn).CloseWrite()
	echoed, err := io.ReadAll(connection)
	fmt.Println("unix", string(echoed), err)
	packet, err := net.ListenPacket("udp", "127.0.0.1:0")
	check(err)
	check(packet.SetReadDeadline(time.Now().Add(10 * time.Millisecond)))
	_, _, err = packet.ReadFrom(make([]byte, 10))
	fmt.Println("deadline", os.IsTimeout(err))
}

func files() {
	check(os.MkdirAll("a/b/c", 0o755))
	file, err := os.Create("a/file")
	check(err)
	writer := bufio.NewWriter(file)
	for i := 0; i < 10000; i++ {
		fmt.Fprintln(writer, i)
	}
	check(writer.Flush())
	check(file.Sync())
	position, err := file.Seek(0, io.SeekCurrent)
	fmt.Println("size", position, err)
	part := make([]byte, 4)
	_, err = file.ReadAt(part, 100)
	fmt.Printf("part %q %v\n", part, err)
	check(file.Close())
	check(os.Rename("a/file", "a/b/renamed"))
	check(os.Symlink("renamed", "a/b/link"))
	content, err := os.ReadFile("a/b/link")
	fmt.Println("content", len(content), err)
	check(os.Truncate("a/b/renamed", 10))
	check(os.Chmod("a/b/renamed", 0o600))
	info, err := os.Stat("a/b/renamed")
	check(err)
	fmt.Println("stat", info.Size(), info.Mode())
	var names []string
	check(filepath.Walk("a", func(path string, _ os.FileInfo, err error) error {
		names = append(names, path)
		return err
	}))
	sort.Strings(names)
	fmt.Println("walk", names)
	_, err = os.Open("none")
	fmt.Println("missing", err)
	fmt.Println("not empty", os.Remove("a"))
	check(os.RemoveAll("a"))
	var group sync.WaitGroup
	for i := 0; i < 200; i++ {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			name := fmt.Sprintf("many.%d", i)
			check(os.WriteFile(name, []byte(name), 0o644))
		}(i)
	}
	group.Wait()
	matches, err := filepath.Glob("many.*")
	fmt.Println("many", len(matches), err)
}

type tree struct{ left, right *tree }

func grow(depth int) *tree {
	if depth == 0 {
		return &tree{}
	}
	return &tree{grow(depth - 1), grow(depth - 1)}
}

func (t *tree) count() int {
	if t == nil {
		return 0
	}
	return 1 + t.left.count() + t.right.count()
}

func garbage() {
	kept := grow(16)
	var group sync.WaitGroup
	var total int64
	for i := 0; i < 8; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < 20; j++ {
				atomic.AddInt64(&total, int64(grow(12).count()))
			}
		}()
	}
	group.Wait()
	debug.FreeOSMemory()
	var statistics runtime.MemStats
	runtime.ReadMemStats(&statistics)
	fmt.Println("garbage", kept.count(), total, statistics.NumGC > 3)
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		child()
	}
	if len(os.Args) > 1 && os.Args[1] == "wait" {
		incoming := make(chan os.Signal, 1)
		signal.Notify(incoming, syscall.SIGTERM)
		fmt.Println("waiting")
		fmt.Println("ended by", <-incoming)
		os.Exit(12)
	}
	goroutines()
	faultsAndStacks()
	timers()
	signals()
	children()
	network()
	files()
	garbage()
	preemption()
	os.Exit(14)
}
