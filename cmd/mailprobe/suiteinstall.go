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
	"slices"
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
	if strings.ContainsAny(first.domain, "@/") || strings.ContainsAny(first.domain+first.user+first.mailTo, " \t\r\n:#'\"{}[]") {
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
		{"Address to notify of changes (empty for cron's mail): ", &first.mailTo},
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
	a.warnUnheard(f.install, name)
	i := installer{out: a.stdout, program: program, file: name, root: "/", own: os.Geteuid() > 0, yes: f.yes}
	if f.install == "systemd" {
		return i.systemd(ctx)
	}
	return i.cron(ctx)
}

// warnUnheard warns of a file whose failures nobody would hear of, and of one that cannot
// be used.
func (a *app) warnUnheard(by, file string) {
	s, problems, err := suite.Load(file, kinds())
	switch {
	case err != nil:
		a.warn(err)
	case len(problems.Errors()) > 0:
		a.warn(fmt.Errorf("%s cannot be used yet: %s; mailprobe check --validate shows them", file, problems.Tally()))
	default:
		if why := unheard(s, by, mailers); why != "" {
			a.warn(errors.New(why))
		}
	}
}

// mailers are where cron looks for the program that mails what is printed.
var mailers = []string{"/usr/sbin/sendmail", "/usr/lib/sendmail"}

// unheard says why nobody would hear of a failure: the file notifies nobody, and what
// runs it does not mail what is printed. It is empty where somebody would.
func unheard(s *suite.Suite, by string, mailers []string) string {
	const nobody = `nobody hears of a failure: the file has no "notify:", and `
	switch {
	case len(s.Notifiers) > 0 || s.Heartbeat != nil || s.Textfile != "":
		return ""
	case by == "systemd":
		return nobody + "systemd puts what is printed into the journal"
	case !slices.ContainsFunc(mailers, func(name string) bool { _, err := os.Stat(name); return err == nil }):
		return nobody + "this machine has no sendmail with which cron could mail what is printed"
	}
	return ""
}
