// The program whose twin is in form.rs. Its report, in go.txt: go 1.27.3, go build -trimpath -race -o count && ./count
package main

import "time"

var counter, total int

//go:noinline
func increment() {
	counter++
}

//go:noinline
func set(n int) {
	total = n
}

// One after the other, kept apart by time, which orders nothing.
func main() {
	go increment()
	time.Sleep(20 * time.Millisecond)
	increment()
	go set(1)
	time.Sleep(20 * time.Millisecond)
	go func() {
		set(2)
		time.Sleep(50 * time.Millisecond)
	}()
	time.Sleep(20 * time.Millisecond)
}
