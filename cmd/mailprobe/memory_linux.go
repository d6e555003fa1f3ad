package main

import (
	"bufio"
	"bytes"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// forgetStart gives back the memory that code and constants take which the start of
// the program alone has needed. What is needed again comes back from the file.
func forgetStart() {
	smaps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return // there is no /proc: the memory stays
	}
	defer smaps.Close()
	var m mapping
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		fields := bytes.Fields(lines.Bytes())
		switch {
		case len(fields) < 3:
		case !bytes.HasSuffix(fields[0], []byte(":")):
			m = parseMapping(fields)
		case m.code && string(fields[0]) == "Anonymous:" && string(fields[1]) == "0":
			_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.begin, m.end-m.begin, unix.MADV_DONTNEED)
		}
	}
}

// A mapping is a part of the address space.
type mapping struct {
	begin, end uintptr
	code       bool // of a file, and never written to as long as it has no anonymous pages
}

// parseMapping reads the first line of one in /proc/PID/smaps (proc(5)).
func parseMapping(fields [][]byte) mapping {
	begin, end, _ := bytes.Cut(fields[0], []byte("-"))
	from, fromErr := strconv.ParseUint(string(begin), 16, 64)
	to, toErr := strconv.ParseUint(string(end), 16, 64)
	code := len(fields) > 5 && fields[5][0] == '/' && fields[1][0] == 'r' && fields[1][1] == '-' && fields[1][3] == 'p'
	return mapping{uintptr(from), uintptr(to), code && fromErr == nil && toErr == nil}
}
