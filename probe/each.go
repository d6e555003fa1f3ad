package probe

import (
	"context"
	"iter"
)

// Each calls do with many items, at most jobs at once, and yields the answers in the
// order of the items. However many items there are, it holds only a few times jobs of
// them at a time. When the context ends it yields what has been started and starts
// nothing more.
func Each[T, R any](ctx context.Context, jobs int, items iter.Seq[T], do func(context.Context, T) R) iter.Seq[R] {
	return func(yield func(R) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		queue := start(ctx, jobs, items, do)
		for {
			answer, ok := next(ctx, queue)
			if !ok || !yield(<-answer) {
				return
			}
		}
	}
}

// start begins on the items and queues the places where their answers will be.
// One answer that is late holds up the others; the queue bounds how many.
func start[T, R any](ctx context.Context, jobs int, items iter.Seq[T], do func(context.Context, T) R) <-chan chan R {
	jobs = max(jobs, 1)
	queue := make(chan chan R, 4*jobs)
	running := make(chan struct{}, jobs)
	begin := func(item T) bool {
		if ctx.Err() != nil {
			return false
		}
		answer := make(chan R, 1)
		select {
		case running <- struct{}{}:
		case <-ctx.Done():
			return false
		}
		select {
		case queue <- answer:
		case <-ctx.Done():
			return false
		}
		go func() {
			defer func() { <-running }()
			answer <- do(ctx, item)
		}()
		return true
	}
	go func() {
		defer close(queue)
		items(begin)
	}()
	return queue
}

// next takes the next place from the queue. After the end of the context it
// takes what is there and waits for no more: the items may never end.
func next[R any](ctx context.Context, queue <-chan chan R) (answer chan R, ok bool) {
	select {
	case answer, ok = <-queue:
		return answer, ok
	case <-ctx.Done():
	}
	select {
	case answer, ok = <-queue:
	default:
	}
	return answer, ok
}
