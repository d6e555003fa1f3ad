package probe

import "sync"

// SideBySide calls do with each of several things at once, and waits for all. It panics
// as one of the calls does, in the goroutine of the caller: a check that breaks takes no
// other with it.
func SideBySide[T any](all []T, do func(*T)) {
	var wait sync.WaitGroup
	panics := make([]any, len(all))
	for i := range all {
		wait.Go(func() {
			defer func() { panics[i] = recover() }()
			do(&all[i])
		})
	}
	wait.Wait()
	for _, p := range panics {
		if p != nil {
			panic(p)
		}
	}
}

// Together calls functions at once, as SideBySide does.
func Together(all ...func()) { SideBySide(all, func(do *func()) { (*do)() }) }
