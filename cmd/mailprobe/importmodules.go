package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"mailprobe/internal/blackbox"
)

// maxImport bounds a file of blackbox_exporter, in bytes.
const maxImport = 16 << 20

// importModules prints the modules of blackbox_exporter in a file as a file of mailprobe,
// and on standard error what they lose.
func (a *app) importModules(name string) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	text, err := io.ReadAll(io.LimitReader(in, maxImport+1))
	switch {
	case err != nil:
		return err
	case len(text) > maxImport:
		return fmt.Errorf("%s has more than %d bytes; it is no file of blackbox_exporter", name, maxImport)
	}
	file, problems := blackbox.Import(name, text)
	fmt.Fprint(a.stderr, problems.String())
	switch {
	case len(problems.Errors()) > 0:
		return fmt.Errorf("%s cannot be used: %s", name, problems.Tally())
	case len(file) == 0:
		return errors.New("none of the modules has a counterpart")
	}
	_, err = a.stdout.Write(file)
	return err
}
