package main

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// together runs part on several goroutines, which together do n operations.
func together(workers, n int, part func(worker, mine int)) time.Duration {
	start := time.Now()
	var all sync.WaitGroup
	for worker := range workers {
		mine := n / workers
		if worker < n%workers {
			mine++
		}
		all.Go(func() { part(worker, mine) })
	}
	all.Wait()
	return time.Since(start)
}

func mutexAlone(job) work {
	return func(n int) time.Duration {
		var mutex sync.Mutex
		count := 0
		start := time.Now()
		for range n {
			mutex.Lock()
			count++
			mutex.Unlock()
		}
		elapsed := time.Since(start)
		check(count == n)
		return elapsed
	}
}

func contended(workers int) func(job) work {
	return func(job) work {
		return func(n int) time.Duration {
			var mutex sync.Mutex
			count := 0
			elapsed := together(workers, n, func(_, mine int) {
				for range mine {
					mutex.Lock()
					count++
					mutex.Unlock()
				}
			})
			check(count == n)
			return elapsed
		}
	}
}

func rwlock(job) work {
	return func(n int) time.Duration {
		var lock sync.RWMutex
		value := 0
		var writes atomic.Int64
		elapsed := together(4, n, func(_, mine int) {
			seen, wrote := 0, 0
			for i := range mine {
				if i%100 == 0 {
					lock.Lock()
					value++
					lock.Unlock()
					wrote++
				} else {
					lock.RLock()
					now := value
					lock.RUnlock()
					check(now >= seen)
					seen = now
				}
			}
			writes.Add(int64(wrote))
		})
		check(int64(value) == writes.Load())
		return elapsed
	}
}

// asked is how often a round of the row asks: a round of one would be about where
// the compiler has put it.
const asked = 8

func once(job) work {
	return func(n int) time.Duration {
		var once sync.Once
		calls := 0
		call := func() { calls++ }
		start := time.Now()
		for range n / asked {
			once.Do(call) // written out: the compiler unrolls nothing
			once.Do(call)
			once.Do(call)
			once.Do(call)
			once.Do(call)
			once.Do(call)
			once.Do(call)
			once.Do(call)
		}
		elapsed := time.Since(start)
		check(calls == 1)
		return elapsed
	}
}

func semaphore2(job) work {
	return func(n int) time.Duration {
		places := semaphore.NewWeighted(2)
		elapsed := together(4, n, func(_, mine int) {
			for range mine {
				check(places.Acquire(context.Background(), 1) == nil)
				places.Release(1)
			}
		})
		check(places.TryAcquire(2))
		return elapsed
	}
}

func pool(j job) work {
	buffers := sync.Pool{New: func() any {
		buffer := make([]int, 0, 16)
		return &buffer
	}}
	return func(n int) time.Duration {
		return together(j.procs, n, func(_, mine int) {
			for i := range mine {
				buffer := buffers.Get().(*[]int)
				*buffer = append(*buffer, i)
				last := len(*buffer) - 1
				check((*buffer)[last] == i)
				*buffer = (*buffer)[:last]
				buffers.Put(buffer)
			}
		})
	}
}

const keys = 1000

func filled() *sync.Map {
	var numbers sync.Map
	for key := range keys {
		numbers.Store(key, key)
	}
	return &numbers
}

func count(numbers *sync.Map) int {
	n := 0
	numbers.Range(func(_, _ any) bool {
		n++
		return true
	})
	return n
}

func mapRead(job) work {
	return func(n int) time.Duration {
		numbers := filled()
		elapsed := together(4, n, func(worker, mine int) {
			key := worker * (keys / 4)
			for i := range mine {
				key = (key + 7) % keys
				if i%100 == 0 {
					numbers.Store(key, key)
				} else {
					v, _ := numbers.Load(key)
					check(v.(int) == key)
				}
			}
		})
		check(count(numbers) == keys)
		return elapsed
	}
}

func mapWrite(job) work {
	return func(n int) time.Duration {
		numbers := filled()
		const part = keys / 4
		elapsed := together(4, n, func(worker, mine int) {
			for i := range mine {
				numbers.Store(worker*part+i%part, i)
			}
			for i := max(0, mine-part); i < mine; i++ {
				v, _ := numbers.Load(worker*part + i%part)
				check(v.(int) == i)
			}
		})
		check(count(numbers) == keys)
		return elapsed
	}
}
