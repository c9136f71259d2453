package main

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"
)

// messageSize is how many bytes go there and back.
const messageSize = 64

// echo does n round trips over so many connections, each as many one after the
// other; servers and clients are goroutines of one process. (Go sends small
// writes at once unless told otherwise.)
func echo(connections int) func(job) work {
	return func(job) work {
		return func(n int) time.Duration {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			check(err == nil)
			defer listener.Close()
			clients := make([]net.Conn, connections)
			for i := range clients {
				clients[i], err = net.Dial("tcp", listener.Addr().String())
				check(err == nil)
				server, err := listener.Accept()
				check(err == nil)
				go serve(server)
			}
			start := time.Now()
			var done sync.WaitGroup
			for _, client := range clients {
				done.Add(1)
				go func() {
					defer done.Done()
					ask(client, n/connections)
				}()
			}
			done.Wait()
			elapsed := time.Since(start)
			for _, client := range clients {
				client.Close()
			}
			return elapsed
		}
	}
}

func serve(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 1024)
	for {
		n, err := conn.Read(buffer)
		if err == io.EOF {
			return
		}
		check(err == nil)
		_, err = conn.Write(buffer[:n])
		check(err == nil)
	}
}

func ask(conn net.Conn, rounds int) {
	var message, back [messageSize]byte
	for round := range rounds {
		binary.NativeEndian.PutUint64(message[:], uint64(round))
		_, err := conn.Write(message[:])
		check(err == nil)
		_, err = io.ReadFull(conn, back[:])
		check(err == nil && back == message)
	}
}
