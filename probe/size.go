package probe

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// sizeUnits are the units that a size can be given in, in lower case: as metric as disks
// and mail servers have it, and with an i powers of 1024.
var sizeUnits = map[string]float64{
	"": 1, "b": 1,
	"k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9,
	"ki": 1 << 10, "kib": 1 << 10, "mi": 1 << 20, "mib": 1 << 20, "gi": 1 << 30, "gib": 1 << 30,
}

// maxParsedSize is the largest size that can be given, in bytes: a pebibyte.
const maxParsedSize = 1 << 50

// ParseSize reads a number of bytes as every option and every file has it: a number with
// one of the units B, kB, MB, GB, KiB, MiB and GiB or none, in any letter case, the B left
// out or not, as in "9M", "5MB", "9 MiB" or "1.5GB". It is not negative.
func ParseSize(text string) (int64, error) {
	number, unit := cutWhere(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	n, err := strconv.ParseFloat(number, 64)
	factor, ok := sizeUnits[strings.ToLower(strings.TrimLeft(unit, " "))]
	size := n * factor
	switch {
	case strings.HasPrefix(text, "-"):
		return 0, fmt.Errorf("%q is negative; it must be a size such as 500kB, 9M or 5MiB", text)
	case err != nil && !errors.Is(err, strconv.ErrRange) || !ok || strings.HasSuffix(text, " "):
		return 0, fmt.Errorf("%q is not a size such as 500kB, 9M or 5MiB; a number alone is bytes", text)
	case size > maxParsedSize:
		return 0, fmt.Errorf("%q is larger than a pebibyte", text)
	}
	return int64(math.Round(size)), nil
}
