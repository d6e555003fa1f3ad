package measure

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// The lines of /proc/PID/status with the resident memory of a process and its peak
// (proc(5)). The peak that wait4 returns includes the memory of the parent at the fork.
const (
	Resident = "VmRSS:"
	Peak     = "VmHWM:"
)

// Memory reads a figure of the memory of a process, Resident or Peak, in bytes.
func Memory(pid int, which string) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, which); ok {
			n, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return n * 1024, err
		}
	}
	return 0, fmt.Errorf("process %d has no %s", pid, which)
}
