// SPDX-License-Identifier: Apache-2.0
//
// Many calls from few sites, most of them from the one of runtime/internal/syscall.Syscall6, while goroutines are preempted by
// signals, the profiler interrupts the calls, stacks move and children are started.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"syscall"
	"time"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func expect(what string, got, wanted any) {
	if got != wanted {
		panic(fmt.Sprintf("%s: got %v, wanted %v", what, got, wanted))
	}
}

// Grows and moves the stack between calls.
func deep(n int, file *os.File) int {
	var room [64]byte
	if n == 0 {
		count, err := file.Read(room[:1])
		check(err)
		return count
	}
	return deep(n-1, file) + int(room[n%64])
}

func calls(rounds int) {
	zero, err := os.Open("/dev/zero")
	check(err)
	defer zero.Close()
	reader, writer, err := os.Pipe()
	check(err)
	buffer := make([]byte, 8)
	for i := 0; i < rounds; i++ {
		expect("a deep read", deep(i%50, zero), 1)
		expect("getppid", syscall.Getppid(), os.Getppid())
		_, _, number := syscall.Syscall6(0xffff, 1, 2, 3, 4, 5, 6)
		expect("no such call", number, syscall.ENOSYS)
		_, _, number = syscall.RawSyscall(syscall.SYS_CLOSE, ^uintptr(0), 0, 0)
		expect("no such descriptor", number, syscall.EBADF)
		text := fmt.Sprintf("%08d", i%1000)
		_, err := writer.Write([]byte(text))
		check(err)
		_, err = io.ReadFull(reader, buffer)
		check(err)
		expect("what was written", string(buffer), text)
		if i%100 == 0 {
			time.Sleep(time.Microsecond)
		}
	}
	check(reader.Close())
	check(writer.Close())
}

func echo(listener net.Listener) {
	for {
		connection, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			_, _ = io.Copy(connection, connection)
			connection.Close()
		}()
	}
}

func talk(address string, rounds int) {
	connection, err := net.Dial("tcp", address)
	check(err)
	defer connection.Close()
	answer := make([]byte, 100)
	for i := 0; i < rounds; i++ {
		line := bytes.Repeat([]byte{byte('a' + i%26)}, 100)
		_, err := connection.Write(line)
		check(err)
		_, err = io.ReadFull(connection, answer)
		check(err)
		expect("an answer", string(answer), string(line))
	}
}

func main() {
	runtime.GOMAXPROCS(4)
	var profile bytes.Buffer
	runtime.SetCPUProfileRate(2000) // more often than StartCPUProfile, which then leaves it as it is
	stderr := os.Stderr
	os.Stderr, _ = os.OpenFile("/dev/null", os.O_WRONLY, 0) // where it says so
	check(pprof.StartCPUProfile(&profile))
	os.Stderr = stderr

	finish := make(chan bool)
	for i := 0; i < 2; i++ { // never gives way: preempted by signals
		go func() {
			for n := 0; ; n++ {
				if n&0xfffff == 0 {
					select {
					case <-finish:
						return
					default:
					}
				}
			}
		}()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go echo(listener)

	var group sync.WaitGroup
	start := func(work func()) {
		group.Add(1)
		go func() {
			defer group.Done()
			work()
		}()
	}
	for i := 0; i < 20; i++ {
		start(func() { calls(1000) })
	}
	for i := 0; i < 20; i++ {
		start(func() { talk(listener.Addr().String(), 300) })
	}
	for i := 0; i < 4; i++ {
		start(func() {
			for j := 0; j < 10; j++ {
				output, err := exec.Command("echo", "from a child").Output()
				check(err)
				expect("a child's output", strings.TrimSpace(string(output)), "from a child")
				runtime.GC()
			}
		})
	}
	group.Wait()
	close(finish)
	check(listener.Close())
	pprof.StopCPUProfile()
	expect("a profile", profile.Len() > 100, true)
	fmt.Println("all calls made")
}
