//go:build !unix

package centre

// lock does nothing where files cannot be locked.
func lock(string) (unlock func(), err error) { return func() {}, nil }
