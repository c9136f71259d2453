package main

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// groupSize is how many goroutines a group has.
const groupSize = 100

func group(job) work {
	return func(n int) time.Duration {
		var sum atomic.Int64
		start := time.Now()
		for range n / groupSize {
			group, _ := errgroup.WithContext(context.Background())
			for i := range groupSize {
				group.Go(func() error {
					sum.Add(int64(i))
					return nil
				})
			}
			check(group.Wait() == nil)
			check(int(sum.Swap(0)) == sumBelow(groupSize))
		}
		return time.Since(start)
	}
}

// treeSize is how many contexts a tree has, each with up to ten below it.
const treeSize = 1000

func contextTree(job) work {
	contexts := make([]context.Context, treeSize)
	cancels := make([]context.CancelFunc, treeSize)
	return func(n int) time.Duration {
		start := time.Now()
		for range n / treeSize {
			contexts[0], cancels[0] = context.WithCancel(context.Background())
			for i := 1; i < treeSize; i++ {
				contexts[i], cancels[i] = context.WithCancel(contexts[(i-1)/10])
			}
			cancels[0]()
			for i, ctx := range contexts {
				check(ctx.Err() != nil)
				contexts[i], cancels[i] = nil, nil
			}
		}
		return time.Since(start)
	}
}

const (
	kernelSize = 500
	outputSize = 20_000
)

func dot(input, kernel []float64) float64 {
	sum := 0.0
	input = input[:len(kernel)] // one check instead of one for each value
	for i, k := range kernel {
		sum += input[i] * k
	}
	return sum
}

func convolve(j job) work {
	input := make([]float64, outputSize+kernelSize)
	for i := range input {
		input[i] = float64(i % 100)
	}
	kernel := make([]float64, kernelSize)
	for i := range kernel {
		kernel[i] = float64(i % 7)
	}
	output := make([]float64, outputSize)
	return func(n int) time.Duration {
		start := time.Now()
		for range n / outputSize {
			// Blocks of some 100 us, handed out by a counter.
			const block = 200
			var next atomic.Int64
			together(j.procs, outputSize, func(_, _ int) {
				for {
					end := int(next.Add(block))
					if end-block >= outputSize {
						return
					}
					for i := end - block; i < min(end, outputSize); i++ {
						output[i] = dot(input[i:i+kernelSize], kernel)
					}
				}
			})
		}
		elapsed := time.Since(start)
		for _, i := range []int{0, outputSize / 3, outputSize - 1} {
			check(output[i] == dot(input[i:i+kernelSize], kernel))
		}
		return elapsed
	}
}
