package delivery

import (
	"fmt"
	"strconv"
	"strings"
)

// size is a number of bytes, as a flag.
type size int64

// maxSize bounds the message, which is held in memory as sent and as received.
const maxSize = 64 << 20

// Set reads a number with B, kB, MB, KiB or MiB after it, or nothing.
func (s *size) Set(text string) error {
	digits := strings.TrimRight(text, "BkKMi ")
	n, err := strconv.ParseInt(digits, 10, 40)
	factor, ok := units()[strings.ToUpper(strings.TrimSpace(text[len(digits):]))]
	if err != nil || !ok || n < 0 || n > maxSize || n*factor > maxSize {
		return fmt.Errorf("%q is not a size such as 500kB or 5MB, up to 64MiB", text)
	}
	*s = size(n * factor)
	return nil
}

func units() map[string]int64 {
	return map[string]int64{"": 1, "B": 1, "KB": 1000, "MB": 1000 * 1000, "KIB": 1 << 10, "MIB": 1 << 20}
}

// String returns the bytes.
func (s *size) String() string { return strconv.FormatInt(int64(*s), 10) }

// Type names the value in a help text.
func (s *size) Type() string { return "SIZE" }
