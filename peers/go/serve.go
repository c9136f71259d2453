package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
)

// serveUntilEnd serves what is asked for until standard input ends.
func serveUntilEnd(kind string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err == nil)
	fmt.Println(listener.Addr())
	switch kind {
	case "echo":
		go func() {
			for {
				conn, err := listener.Accept()
				check(err == nil)
				go echoUntilEnd(conn)
			}
		}()
	case "http", "hyper":
		go http.Serve(listener, http.HandlerFunc(hello))
	default:
		usage()
	}
	io.Copy(io.Discard, os.Stdin)
}

// hello answers one request.
func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "Hello, World!")
}

// echoUntilEnd sends back what comes. (Go sends small writes at once unless told otherwise.)
func echoUntilEnd(conn net.Conn) {
	defer conn.Close()
	buffer := make([]byte, 1024)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return
		}
		if _, err = conn.Write(buffer[:n]); err != nil {
			return
		}
	}
}
