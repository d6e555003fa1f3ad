//go:build !unix

package suite

import (
	"context"
	"os"
)

// lock does nothing where files cannot be locked; the history keeps two runs from
// announcing the same event twice.
func lock(context.Context, string, role, bool) (*os.File, error) { return nil, nil }

// lives is for where files can be locked.
func (*Running) lives() bool { return false }
