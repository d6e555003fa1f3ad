package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/history/show"
	"mailprobe/internal/release"
	"mailprobe/probe"
)

// newReport returns the command that writes a page of the history.
func newReport(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "report [FLAGS] [CHECK]",
		Short: "write a page of the checks: state, uptime, times, incidents",
		Long: `Write what mailprobe check has stored as one page of HTML: the state of the
checks, the uptime of each day, the times of each step, incidents with their
transcripts, and certificates by the days left. Failing checks come first; checks
are shown in the groups of their file, under its title. The page is
self-contained: it needs no server and no network. A file is replaced atomically,
so that a web server can deliver it at any time. On a terminal -o is required.

The exit status is 0 when the page was written, whatever is on it.`,
		Example: `  mailprobe report -o report.html
  mailprobe report -o /var/www/html/mail.html --since 90d
  mailprobe report relay > relay.html`,
		DisableFlagsInUseLine: true,
		Args:                  atMostOne("CHECK"),
	}
	var p past
	cmd.Flags().SortFlags = false
	file := "-"
	bindOptions(cmd.Flags(), []probe.Option{{Name: "output", Short: "o", Type: probe.TypeFile, Value: &file, Usage: "the `file` to write; - is standard output"}})
	p.bind(cmd.Flags())
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if _, ok := terminal(a.stdout); ok && file == "-" {
			return errors.New("the page is HTML: write it to a file with -o report.html, or to a pipe; mailprobe history shows the checks on a terminal")
		}
		data, err := p.gather(cmd.Context(), strings.Join(args, ""), time.Now())
		if err != nil {
			return err
		}
		return writePage(file, a.stdout, data)
	}
	return cmd
}

// pageMode is the mode of a new page, before the umask.
var pageMode = atomicfile.Mode{Perm: 0o644}

// writePage writes the page to a file, or to standard output for "-".
func writePage(file string, stdout io.Writer, data *show.Data) error {
	if file == "-" {
		return data.HTML(stdout, release.Version())
	}
	if err := atomicfile.Write(file, pageMode, func(w io.Writer) error { return data.HTML(w, release.Version()) }); err != nil {
		return fmt.Errorf("the page cannot be written: %w", err)
	}
	return nil
}
