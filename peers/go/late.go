package main

import (
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// late measures how late a ticker is while others block their threads for 10 ms, again and again
// (in the system: time.Sleep would not), or compute without end.
func late(row string, j job) {
	period, others := time.Millisecond, 1000
	step := func() {
		ten := syscall.NsecToTimespec(10_000_000)
		syscall.Nanosleep(&ten, nil)
	}
	if row == "late-hogs" {
		period, others = 10*time.Millisecond, 4
		step = func() {}
	}
	var stop atomic.Bool
	var done sync.WaitGroup
	for range others {
		done.Add(1)
		go func() {
			defer done.Done()
			for !stop.Load() {
				step()
			}
		}()
	}
	begin := time.Now()
	count := max(int(10*j.budget/period), 1)
	lates := make([]time.Duration, 0, count)
	for n := range count {
		tick := begin.Add(period * time.Duration(n+1))
		time.Sleep(time.Until(tick))
		lates = append(lates, time.Since(tick))
	}
	stop.Store(true)
	done.Wait()
	slices.Sort(lates)
	figure(row+"-p99", 1, lates[(len(lates)-1)*99/100], "")
	figure(row+"-max", 1, lates[len(lates)-1], "")
}
