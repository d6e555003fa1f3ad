package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mailprobe/internal/atomicfile"
	"mailprobe/internal/subprocess"
)

// installer makes the system run a file of checks regularly.
type installer struct {
	out           io.Writer
	program, file string
	root          string // the folder that the system's files are in
	own           bool   // for the user who asks, who may not change the system
	yes           bool   // install, rather than print
}

// cron uses /etc/cron.d, or the user's own crontab.
func (i installer) cron(ctx context.Context) error {
	if i.own {
		return i.crontab(ctx, cronLine(i.program, i.file))
	}
	return i.units(cronUnits(i.program, i.file))
}

// systemd uses the system's service manager, or the user's own.
func (i installer) systemd(ctx context.Context) error {
	if !i.own {
		return i.enable(ctx, systemdUnits(i.program, i.file))
	}
	config, err := os.UserConfigDir()
	if err != nil {
		return err
	}
	i.root = "/"
	if err := i.enable(ctx, systemdUserUnits(i.program, i.file, config), "--user"); err != nil {
		return err
	}
	_, err = fmt.Fprintln(i.out, "# loginctl enable-linger lets it run while you are not logged in, too")
	return err
}

// units writes files or prints them: all, or none where one of them cannot be.
func (i installer) units(units []unit) error {
	for _, u := range units {
		if err := checkUnit(filepath.Join(i.root, u.path), u.text); i.yes && err != nil {
			return err
		}
	}
	for _, u := range units {
		if !i.yes {
			fmt.Fprintf(i.out, "# %s\n%s\n", u.path, u.text)
			continue
		}
		if err := writeUnit(filepath.Join(i.root, u.path), u.text); err != nil {
			return err
		}
		fmt.Fprintf(i.out, "%s is written\n", u.path)
	}
	return nil
}

// checkUnit returns an error where something else has the name of a unit: what is no
// file, or what somebody has changed.
func checkUnit(name, text string) error {
	if err := atomicfile.Check(name); err != nil {
		return err
	}
	before, err := os.ReadFile(name)
	if err == nil && string(before) != text {
		return fmt.Errorf("%s is there already, and different; remove it first", name)
	}
	return nil
}

func writeUnit(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(name, atomicfile.Mode{Perm: 0o644}, atomicfile.Text([]byte(text)))
}

// enable writes units and has systemd start the timer.
func (i installer) enable(ctx context.Context, units []unit, flags ...string) error {
	if err := i.units(units); err != nil {
		return err
	}
	for _, words := range [][]string{{"daemon-reload"}, {"enable", "--now", checkTimer}} {
		words = slices.Concat(flags, words)
		if !i.yes {
			fmt.Fprintf(i.out, "# then: systemctl %s\n", strings.Join(words, " "))
		} else if _, err := call(ctx, "", "systemctl", words...); err != nil {
			return err
		}
	}
	if i.yes {
		fmt.Fprintln(i.out, checkTimer+" is started")
	}
	return nil
}

// crontab adds a line to the user's crontab, unless it is there.
func (i installer) crontab(ctx context.Context, line string) error {
	if !i.yes {
		fmt.Fprintf(i.out, "# for crontab -e\n%s\n%s\n", cronCharset, line)
		return nil
	}
	table, err := call(ctx, "", "crontab", "-l")
	if err != nil && !strings.Contains(err.Error(), "no crontab") { // nothing is lost where it could not be read
		return err
	}
	lines := strings.Split(table, "\n")
	if slices.Contains(lines, line) {
		fmt.Fprintln(i.out, "the crontab has it already")
		return nil
	}
	if table != "" && !strings.HasSuffix(table, "\n") {
		table += "\n"
	}
	if !slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, "CONTENT_TYPE") }) {
		table += cronCharset + "\n"
	}
	if _, err := call(ctx, table+line+"\n", "crontab", "-"); err != nil {
		return err
	}
	fmt.Fprintf(i.out, "added to the crontab: %s\n", line)
	return nil
}

// maxCrontab is more than any crontab has, in bytes.
const maxCrontab = 1 << 20

// call runs a program and returns what it prints; its error has what it says.
func call(ctx context.Context, stdin, program string, args ...string) (string, error) {
	command := subprocess.Command{Argv: append([]string{program}, args...), Stdin: stdin, MaxOutput: maxCrontab, AsksUser: true}
	out, err := command.Run(ctx)
	if err != nil {
		err = fmt.Errorf("%s: %w", strings.Join(command.Argv, " "), err)
	}
	return out, err
}
