package atomicfile

import (
	"errors"
	"fmt"
	"os"
)

// ErrForeign: a folder belongs to somebody else.
var ErrForeign = errors.New("the folder belongs to somebody else")

// Folder makes a folder that only its owner can look into, where there is none. One
// that belongs to somebody else is refused with ErrForeign, by root as well: files that root makes in
// it could not be written by its owner any more, and what he makes root would believe.
func Folder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if owner(info) != self() {
		return &foreign{fmt.Sprintf("the folder %s belongs to %s, and this runs as %s: run it as %[2]s, or name another folder with --state", dir, ownerName(info), selfName())}
	}
	return nil
}

// foreign is an ErrForeign that says whose it is.
type foreign struct{ text string }

func (f *foreign) Error() string { return f.text }

func (f *foreign) Unwrap() error { return ErrForeign }
