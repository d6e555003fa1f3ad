//go:build unix

package atomicfile

import (
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// owner is the number of the user that a file belongs to.
func owner(info fs.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return -1
}

// self is the number of the user that this process runs as.
func self() int { return os.Geteuid() }

func ownerName(info fs.FileInfo) string { return userName(owner(info)) }

func selfName() string { return userName(self()) }

func userName(id int) string {
	if u, err := user.LookupId(strconv.Itoa(id)); err == nil {
		return fmt.Sprintf("%s (user %d)", u.Username, id)
	}
	return fmt.Sprintf("user %d", id)
}
