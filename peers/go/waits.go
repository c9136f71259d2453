package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// waits are the rows about the longest wait of somebody.
var waits = map[string]func(end time.Time) time.Duration{
	"mutex-wait":     func(end time.Time) time.Duration { return waitOfMutex(4, end) },
	"mutex-wait-64":  func(end time.Time) time.Duration { return waitOfMutex(64, end) },
	"rwlock-wait":    waitOfWriter,
	"semaphore-wait": waitOfLarge,
}

// beside is how many hold what another one waits for.
const beside = 4

// longestWait takes a lock until end and holds it for a microsecond, again and
// again, and is the longest time that it had to wait for it.
func longestWait(end time.Time, lock, unlock func()) time.Duration {
	var longest time.Duration
	for {
		wanted := time.Now()
		lock()
		had := time.Now()
		longest = max(longest, had.Sub(wanted))
		for time.Since(had) < time.Microsecond {
		}
		unlock()
		if !had.Before(end) {
			return longest
		}
	}
}

func waitOfMutex(workers int, end time.Time) time.Duration {
	var mutex sync.Mutex
	var longest atomic.Int64
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			mine := int64(longestWait(end, mutex.Lock, mutex.Unlock))
			for {
				before := longest.Load()
				if mine <= before || longest.CompareAndSwap(before, mine) {
					return
				}
			}
		})
	}
	all.Wait()
	return time.Duration(longest.Load())
}

// waitOfOne is the longest wait of one, while others hold what it waits for.
func waitOfOne(hold func(), wait func() time.Duration) time.Duration {
	var all sync.WaitGroup
	for range beside {
		all.Go(hold)
	}
	var longest time.Duration
	all.Go(func() { longest = wait() })
	all.Wait()
	return longest
}

func waitOfWriter(end time.Time) time.Duration {
	var lock sync.RWMutex
	hold := func() { longestWait(end, lock.RLock, lock.RUnlock) }
	return waitOfOne(hold, func() time.Duration { return longestWait(end, lock.Lock, lock.Unlock) })
}

func waitOfLarge(end time.Time) time.Duration {
	places := semaphore.NewWeighted(2)
	take := func(n int64) func() {
		return func() { check(places.Acquire(context.Background(), n) == nil) }
	}
	give := func(n int64) func() { return func() { places.Release(n) } }
	hold := func() { longestWait(end, take(1), give(1)) }
	return waitOfOne(hold, func() time.Duration { return longestWait(end, take(2), give(2)) })
}
