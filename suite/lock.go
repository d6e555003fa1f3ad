package suite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"

	"mailprobe/atomicfile"
)

// Lock makes sure that one run of the file goes on at a time: it waits for another
// to end, or else returns ErrRunning. dir is the state directory.
func (s *Suite) Lock(ctx context.Context, dir string, wait bool) (unlock func(), err error) {
	name, err := filepath.Abs(s.Name)
	if err != nil {
		return nil, err
	}
	if err := atomicfile.Folder(dir); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(name))
	file := filepath.Join(dir, "check-"+hex.EncodeToString(sum[:6])+".lock")
	if err := atomicfile.Check(file); err != nil {
		return nil, err
	}
	return lock(ctx, file, wait)
}
