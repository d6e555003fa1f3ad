package probe

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

// TestReword: the words are ours alone, and the error is still the one it was.
func TestReword(t *testing.T) {
	err := fmt.Errorf("the page: %w", Reword("there is no such file", &fs.PathError{Op: "open", Path: "/secret", Err: fs.ErrNotExist}))
	var path *fs.PathError
	if err.Error() != "the page: there is no such file" || !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &path) {
		t.Errorf("%v", err)
	}
}
