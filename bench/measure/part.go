package measure

import (
	"fmt"
	"os"
	"time"
)

// Part is a measurement that can be run by itself.
type Part struct {
	Name string
	Do   func() error
}

// Run runs parts, or the one of a name where that is not empty, and says on standard error how
// long each took.
func Run(only string, parts ...Part) error {
	for _, p := range parts {
		if only != "" && only != p.Name {
			continue
		}
		begin := time.Now()
		if err := p.Do(); err != nil {
			return fmt.Errorf("%s: %w", p.Name, err)
		}
		fmt.Fprintf(os.Stderr, "%s: %s\n", p.Name, time.Since(begin).Round(time.Second))
	}
	return nil
}
