package main

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const batch = 10_000

func sumBelow(n int) int { return n * (n - 1) / 2 }

func check(ok bool) {
	if !ok {
		panic("the sums are wrong")
	}
}

func spawn(job) work {
	results := make([]int, batch)
	return func(n int) time.Duration {
		start := time.Now()
		for range n / batch {
			var all sync.WaitGroup
			all.Add(batch)
			for i := range batch {
				go func() {
					results[i] = i
					all.Done()
				}()
			}
			all.Wait()
			sum := 0
			for i, v := range results {
				sum += v
				results[i] = 0
			}
			check(sum == sumBelow(batch))
		}
		return time.Since(start)
	}
}

func yields(j job) work {
	goroutines := 2 * j.procs
	return func(n int) time.Duration {
		n = n / goroutines * goroutines
		start := time.Now()
		var all sync.WaitGroup
		var done atomic.Int64
		all.Add(goroutines)
		for range goroutines {
			go func() {
				count := 0
				for range n / goroutines {
					runtime.Gosched()
					count++
				}
				done.Add(int64(count))
				all.Done()
			}()
		}
		all.Wait()
		check(int(done.Load()) == n)
		return time.Since(start)
	}
}

func pingPong(job) work {
	return func(n int) time.Duration {
		ping, pong, total := make(chan int), make(chan int), make(chan int)
		go func() {
			sum := 0
			for v := range ping {
				sum += v
				pong <- v + 1
			}
			total <- sum
		}()
		start := time.Now()
		for i := range n {
			ping <- i
			check(<-pong == i+1)
		}
		elapsed := time.Since(start)
		close(ping)
		check(<-total == sumBelow(n))
		return elapsed
	}
}

func stream(job) work {
	return func(n int) time.Duration {
		c := make(chan int, 128)
		start := time.Now()
		go func() {
			for i := range n {
				c <- i
			}
			close(c)
		}()
		next, sum := 0, 0
		for v := range c {
			check(v == next)
			next++
			sum += v
		}
		check(sum == sumBelow(n))
		return time.Since(start)
	}
}

func uncontended(job) work {
	c := make(chan int, 128)
	return func(n int) time.Duration {
		start := time.Now()
		for i := range n {
			c <- i
			check(<-c == i)
		}
		return time.Since(start)
	}
}

func channels(arms, capacity int) []chan int {
	made := make([]chan int, arms)
	for i := range made {
		made[i] = make(chan int, capacity)
	}
	return made
}

func anyOf2(a, b chan int) (int, int) {
	select {
	case v := <-a:
		return 0, v
	case v := <-b:
		return 1, v
	}
}

func anyOf8(a, b, c, d, e, f, g, h chan int) (int, int) {
	select {
	case v := <-a:
		return 0, v
	case v := <-b:
		return 1, v
	case v := <-c:
		return 2, v
	case v := <-d:
		return 3, v
	case v := <-e:
		return 4, v
	case v := <-f:
		return 5, v
	case v := <-g:
		return 6, v
	case v := <-h:
		return 7, v
	}
}

func ready2(job) work {
	c := channels(2, 4)
	return func(n int) time.Duration {
		start := time.Now()
		for i := range n {
			c[i%2] <- i
			arm, v := anyOf2(c[0], c[1])
			check(arm == i%2 && v == i)
		}
		return time.Since(start)
	}
}

func ready8(job) work {
	c := channels(8, 4)
	return func(n int) time.Duration {
		start := time.Now()
		for i := range n {
			c[i%8] <- i
			arm, v := anyOf8(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7])
			check(arm == i%8 && v == i)
		}
		return time.Since(start)
	}
}

func blocking2(job) work {
	c := channels(2, 0)
	return func(n int) time.Duration {
		start := time.Now()
		go func() {
			for i := range n {
				c[i%2] <- i
			}
		}()
		sum := 0
		for range n {
			_, v := anyOf2(c[0], c[1])
			sum += v
		}
		check(sum == sumBelow(n))
		return time.Since(start)
	}
}

func blocking8(job) work {
	c := channels(8, 0)
	return func(n int) time.Duration {
		start := time.Now()
		go func() {
			for i := range n {
				c[i%8] <- i
			}
		}()
		sum := 0
		for range n {
			_, v := anyOf8(c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7])
			sum += v
		}
		check(sum == sumBelow(n))
		return time.Since(start)
	}
}

func default1(job) work {
	c := make(chan int, 4)
	return func(n int) time.Duration {
		start := time.Now()
		for range n {
			select {
			case <-c:
				check(false)
			default:
			}
		}
		return time.Since(start)
	}
}

func default2(job) work {
	a, b := make(chan int, 4), make(chan int, 4)
	return func(n int) time.Duration {
		start := time.Now()
		for range n {
			select {
			case <-a:
				check(false)
			case <-b:
				check(false)
			default:
			}
		}
		return time.Since(start)
	}
}

// parkAndWake creates the crowd until all of it is parked on one channel, then
// wakes it one by one; the bytes are what each goroutine holds while parked.
func parkAndWake(crowd int) (create time.Duration, bytes float64, wake time.Duration) {
	c := make(chan int)
	results := make([]int, crowd)
	var parked atomic.Int64
	var all sync.WaitGroup
	all.Add(crowd)
	before := residentBytes()
	start := time.Now()
	for i := range crowd {
		go func() {
			parked.Add(1)
			results[i] = <-c
			all.Done()
		}()
	}
	for int(parked.Load()) < crowd {
		runtime.Gosched()
	}
	create = time.Since(start)
	bytes = float64(residentBytes()-before) / float64(crowd)
	start = time.Now()
	for i := range crowd {
		c <- i
	}
	all.Wait()
	sum := 0
	for _, v := range results {
		sum += v
	}
	check(sum == sumBelow(crowd))
	return create, bytes, time.Since(start)
}
