package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/suite"
)

// initial writes a first file of checks. What no flag says is asked for on a
// terminal.
func (a *app) initial(ctx context.Context, f *suiteFlags, file string) error {
	file = cmp.Or(file, suite.FileName)
	first := firstFile{domain: f.domain, user: f.user, mailTo: f.mailTo}
	if _, ok := terminal(a.stdin); ok {
		if err := a.ask(ctx, &first); err != nil {
			return err
		}
	}
	if first.domain == "" {
		return errors.New("--init needs the domain to check: add --domain example.org")
	}
	if strings.ContainsAny(first.domain+first.user+first.mailTo, " \t\r\n:#'\"{}[]") {
		return errors.New("--domain, --user and --mail-to are single words, such as example.org, alice and ops@example.org")
	}
	if _, err := os.Lstat(file); err == nil {
		return fmt.Errorf("%s is there already; --init overwrites nothing", file)
	}
	if err := atomicfile.Create(file, atomicfile.Private, atomicfile.Text([]byte(first.text()))); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s is written; look through it, then try: mailprobe check --validate --online %s\n", file, file)
	return nil
}

// ask asks for what is not known yet.
func (a *app) ask(ctx context.Context, first *firstFile) error {
	answers := bufio.NewScanner(a.stdin)
	for _, q := range []struct {
		question string
		answer   *string
	}{
		{"Mail domain to check, such as example.org: ", &first.domain},
		{"Account to log in with (empty for none): ", &first.user},
		{"Address that is told of changes (empty for cron's mail): ", &first.mailTo},
	} {
		if *q.answer != "" {
			continue
		}
		answer, err := a.answer(ctx, a.stderr, q.question, func() (string, error) {
			if !answers.Scan() {
				return "", cmp.Or(answers.Err(), io.EOF)
			}
			return strings.TrimSpace(answers.Text()), nil
		})
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		*q.answer = answer
	}
	return nil
}

// install prints what makes the system run the file regularly, or with --yes
// installs it.
func (a *app) install(ctx context.Context, f *suiteFlags, file string) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	name, err := suite.Find(file)
	if err != nil {
		return err
	}
	if name, err = filepath.Abs(name); err != nil {
		return err
	}
	if _, err := os.Stat(name); err != nil {
		return fmt.Errorf("%w; mailprobe check --init writes a first file", err)
	}
	i := installer{out: a.stdout, program: program, file: name, root: "/", own: os.Geteuid() > 0, yes: f.yes}
	if f.install == "systemd" {
		return i.systemd(ctx)
	}
	return i.cron(ctx)
}
