//go:build unix

package main

import (
	"io/fs"
	"os"
	"syscall"
)

// isForeign reports whether a file belongs to somebody else than the user of this process
// and root.
func isForeign(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && s.Uid != 0 && int(s.Uid) != os.Geteuid()
}
