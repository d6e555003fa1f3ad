package domain

import "sync"

// sideBySide calls do with each of several things at once, and waits for all. It panics
// as one of the calls does.
func sideBySide[T any](all []T, do func(*T)) {
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
