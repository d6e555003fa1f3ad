package probe

import (
	"errors"
	"io/fs"
)

// Reword returns an error with a text of our own for err, which errors.Is and errors.As
// still find in it.
func Reword(text string, err error) error { return &reworded{text, err} }

type reworded struct {
	text string
	err  error
}

func (r *reworded) Error() string { return r.text }

func (r *reworded) Unwrap() error { return r.err }

// NoFile returns the error of opening a file of the user's, in plain words where there is
// no such file.
func NoFile(name string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return Reword(name+" does not exist", err)
	}
	return err
}
