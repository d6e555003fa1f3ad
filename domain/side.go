package domain

import "sync"

// sideBySide calls do with each of several things at once, and waits for all.
func sideBySide[T any](all []T, do func(*T)) {
	var wait sync.WaitGroup
	for i := range all {
		wait.Go(func() { do(&all[i]) })
	}
	wait.Wait()
}
