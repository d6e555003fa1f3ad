package measure

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
)

// Build builds a package of Go as it is released: static, without paths and symbols. flags
// are further ones of go build, such as -C FOLDER.
func Build(program, source string, flags ...string) error {
	cmd := exec.Command("go", slices.Concat([]string{"build"}, flags, []string{"-trimpath", "-ldflags", "-s -w", "-o", program, source})...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building %s: %w\n%s", source, err, out)
	}
	return nil
}
