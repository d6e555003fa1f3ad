package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mailprobe/history/show"
)

// newReport makes the command that makes a page of the history.
func newReport(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report [FLAGS] [CHECK]",
		Short: "make a page of the checks kept: state, uptime, times, incidents",
		Long: `Make one page of HTML of what mailprobe check has kept: how things stand, the
uptime of each day, the times of each step, incidents with their transcripts, and
certificates by the days they are still good. The page needs nothing else: no
server, no network, no script. A file is replaced at once, so that a web server
can deliver it at any time.

The exit status is 0 when the page was written, whatever is on it.`,
		Example: `  mailprobe report -o report.html
  mailprobe report -o /var/www/html/mail.html --since 90d
  mailprobe report relay > relay.html`,
		DisableFlagsInUseLine: true,
		Args:                  cobra.MaximumNArgs(1),
	}
	var p past
	var file string
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVarP(&file, "output", "o", "-", "the `file` to write; - is standard output")
	p.bind(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		data, err := p.gather(cmd.Context(), strings.Join(args, ""), time.Now())
		if err != nil {
			return err
		}
		return writePage(file, a.stdout, data)
	}
	return cmd
}

// writePage writes the page to a file, or to standard output for "-".
func writePage(file string, stdout io.Writer, data *show.Data) error {
	if file == "-" {
		return data.HTML(stdout, version())
	}
	if err := replaceFile(file, func(w io.Writer) error { return data.HTML(w, version()) }); err != nil {
		return fmt.Errorf("the page cannot be written: %w", err)
	}
	return nil
}

// replaceFile writes a file beside the one it then takes the place of, so that
// whoever reads finds the old one or the new one, whole. A new file can be read by
// everybody; an old one hands on its mode.
func replaceFile(name string, write func(io.Writer) error) (err error) {
	mode := os.FileMode(0o644)
	if info, err := os.Stat(name); err == nil {
		if !info.Mode().IsRegular() { // a device or a pipe cannot be replaced
			return writeInto(name, write)
		}
		mode = info.Mode().Perm()
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return err
		}
	}
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	if err := errors.Join(fill(f, write), f.Chmod(mode), f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

func writeInto(name string, write func(io.Writer) error) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(fill(f, write), f.Close())
}

func fill(f io.Writer, write func(io.Writer) error) error {
	b := bufio.NewWriter(f)
	if err := write(b); err != nil {
		return err
	}
	return b.Flush()
}
