// The rows of `gorge bench` in Go, and the command line of the peer programs:
//
//	peer list                                         what it can measure, a line of JSON each
//	peer run ROW VARIANT PROCS MILLISECONDS CROWD     one row; a line of JSON for each figure
//	peer serve KIND PROCS                             says where it listens; until standard input ends
//
// Other than the rows themselves (rows.go), it repeats what the Rust peers
// share: a row's work is called with growing numbers of operations until a call
// tells how many fill the budget, and only the call that fills it is reported.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

type job struct {
	procs  int
	budget time.Duration
	crowd  int
}

// A work performs n operations and says how long they took.
type work func(n int) time.Duration

type offer struct {
	row  string
	unit int
	work func(j job) work
}

var offers = []offer{
	{"spawn", batch, spawn},
	{"yield", 4, yields},
	{"ping-pong", 1, pingPong},
	{"stream", 1, stream},
	{"uncontended", 1, uncontended},
	{"select-2-ready", 1, ready2},
	{"select-8-ready", 1, ready8},
	{"select-2-blocking", 1, blocking2},
	{"select-8-blocking", 1, blocking8},
	{"select-1-default", 1, default1},
	{"select-2-default", 1, default2},
	{"mutex-alone", 1, mutexAlone},
	{"mutex-4", 1, contended(4)},
	{"mutex-64", 1, contended(64)},
	{"rwlock", 1, rwlock},
	{"once", asked, once},
	{"semaphore", 1, semaphore2},
	{"pool", 1, pool},
	{"map-read", 1, mapRead},
	{"map-write", 1, mapWrite},
	{"group", groupSize, group},
	{"context-tree", treeSize, contextTree},
	{"echo-64", 64, echo(64)},
	{"echo-400", 400, echo(400)},
	{"convolve", outputSize, convolve},
}

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "list":
		for _, o := range offers {
			fmt.Printf("{\"row\":%q,\"variant\":\"\",\"note\":\"\"}\n", o.row)
		}
		fmt.Println(`{"serves":"echo"}`)
		fmt.Println(`{"serves":"http","note":"net/http"}`)
		fmt.Println(`{"serves":"hyper","note":"net/http"}`)
		fmt.Println(`{"row":"million","variant":"","note":""}`)
		for row := range waits {
			fmt.Printf("{\"row\":%q,\"variant\":\"\",\"note\":\"\"}\n", row)
		}
		fmt.Println(`{"row":"late-blocking","variant":"","note":""}`)
		fmt.Println(`{"row":"late-hogs","variant":"","note":""}`)
	case len(os.Args) == 4 && os.Args[1] == "serve":
		runtime.GOMAXPROCS(number(3))
		serveUntilEnd(os.Args[2])
	case len(os.Args) == 7 && os.Args[1] == "run" && os.Args[3] == "":
		run(os.Args[2], job{number(4), time.Duration(number(5)) * time.Millisecond, number(6)})
	default:
		usage()
	}
}

func run(row string, j job) {
	runtime.GOMAXPROCS(j.procs)
	if row == "million" {
		million(j.crowd)
		return
	}
	if wait := waits[row]; wait != nil {
		figure(row, 1, wait(time.Now().Add(j.budget)), "")
		return
	}
	if row == "late-blocking" || row == "late-hogs" {
		late(row, j)
		return
	}
	for _, o := range offers {
		if o.row == row {
			report(row, o.work(j), o.unit, j.budget)
			return
		}
	}
	usage()
}

func report(row string, w work, unit int, budget time.Duration) {
	w(unit) // what only the first call pays
	units := 1
	first := w(units * unit)
	for first*4 < budget {
		missing := float64(budget) / 2 / float64(max(first, 1))
		units = int(float64(units) * min(max(missing, 2), 16))
		first = w(units * unit)
	}
	ops := max(1, int(float64(units)*float64(budget)/float64(first))) * unit
	figure(row, ops, w(ops), "")
}

func figure(row string, ops int, elapsed time.Duration, more string) {
	perOp := float64(elapsed.Nanoseconds()) / float64(ops)
	fmt.Printf("{\"row\":%q,\"ns_per_op\":%.3f,\"ops\":%d%s}\n", row, perOp, ops, more)
}

// million prints its four figures itself: creating the crowd, and waking it; and the same again.
func million(crowd int) {
	create, bytes, wake := parkAndWake(crowd)
	figure("park-million", crowd, create, fmt.Sprintf(",\"bytes\":%.0f", bytes))
	figure("wake-million", crowd, wake, "")
	create, _, wake = parkAndWake(crowd)
	figure("park-million-again", crowd, create, "")
	figure("wake-million-again", crowd, wake, "")
}

// residentBytes is the memory of this process that is resident now.
func residentBytes() int {
	status, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(status), "\n") {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kilobytes, _ := strconv.Atoi(strings.Fields(rest)[0])
			return kilobytes * 1024
		}
	}
	return 0
}

func number(arg int) int {
	n, err := strconv.Atoi(os.Args[arg])
	if err != nil || n < 1 {
		usage()
	}
	return n
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: list | run ROW VARIANT PROCS MILLISECONDS CROWD | serve KIND PROCS")
	os.Exit(2)
}
