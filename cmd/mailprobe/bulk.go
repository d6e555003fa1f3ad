package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"mailprobe/internal/fleet"
	"mailprobe/internal/fleet/bulk"
	"mailprobe/internal/fleet/centre"
	"mailprobe/internal/report"
	"mailprobe/probe"
)

// bulkRun are the flags of a check that a fleet does.
type bulkRun struct {
	*app
	check  *probe.Check
	out    *output
	flags  *pflag.FlagSet
	status *progress

	url, place, state, tokenFile, caFile string
	rate                                 perTime
	logins                               bool
}

// bind adds the flags, and has the command give its targets to the fleet where it is asked to.
func (b *bulkRun) bind(cmd *cobra.Command) {
	b.flags, b.place = cmd.Flags(), bulk.Any
	bindOptions(b.flags, probe.Under("fleet", []probe.Option{
		{Name: "fleet", Type: probe.TypeServer, Value: &b.url, Usage: "have the places of the centre at this `URL` check the targets, each once; results are JSON lines in any order"},
		{Name: "place", Value: &b.place, Word: "PLACE", Usage: "the place that checks, or any of all"},
		{Name: "rate-per-destination", Value: &b.rate, Word: "NUMBER/TIME", Usage: "check at most so many targets of one host in a time, such as 2/s or 30/m"},
		{Name: "fleet-token-file", Type: probe.TypeFile, Value: &b.tokenFile, Usage: "the first time: the `file` with the token of mailprobe fleet invite --submit"},
		{Name: "fleet-ca-file", Type: probe.TypeFile, Value: &b.caFile, Usage: "verify the centre's server by the certificates in this PEM `file`"},
		{Name: "state", Type: probe.TypeDirectory, Value: &b.state, Usage: "the state `directory`, with the key of who submits, or that of the centre itself (default as for mailprobe check)"},
	}...))
	if probe.FindOption(b.check.Declared, "password-env") != nil {
		bindOptions(b.flags, probe.Under("fleet", probe.Option{Name: "allow-logins", Type: probe.TypeBool, Value: &b.logins, Usage: "log in, with secrets that the places have by the names of --password-env and --token-env"}))
	}
	run := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if b.url != "" {
			return b.run(cmd.Context(), args)
		}
		if flag := firstChanged(b.flags, ofFleet...); flag != "" {
			return fmt.Errorf("%s needs --fleet URL", flag)
		}
		return run(cmd, args)
	}
}

// ofFleet are flags that mean nothing without --fleet, which are about one run.
var ofFleet = []string{"place", "rate-per-destination", "allow-logins", "fleet-token-file", "fleet-ca-file"}

// ofOutput are flags of other commands that a bulk run heeds.
var ofOutput = []string{"output", "verbose", "quiet", "no-color", "no-defaults", "show-options", "fleet", "resume", "state"}

// run has the fleet check the targets.
func (b *bulkRun) run(ctx context.Context, args []string) error {
	job, err := b.job(ctx)
	if err != nil {
		return err
	}
	targets, err := parseTargets(b.check, args, b.stdin)
	if err != nil {
		return err
	}
	options, err := b.identity()
	if err != nil {
		return err
	}
	conn, err := fleet.Connect(ctx, options)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := fleet.Streams(conn)
	if err != nil {
		return err
	}
	b.watch()
	lines := bufio.NewWriterSize(b.stdout, 64<<10)
	printer := report.NewBulk(lines, report.Options{Verbose: b.out.verbose, Quiet: b.out.quiet})
	r := &bulk.Run{
		JS: js, Job: *job, Group: b.place, Resume: b.out.part.resume != "", Secret: bulk.SecretOf(options.Key), Log: b.tell,
		Emit:  func(o bulk.Outcome) error { return b.emit(printer, job.Run, o) },
		Flush: func() error { return b.flush(lines) }, Watch: func(done, of int) { b.status.set(done, of) },
	}
	tally, err := r.Do(ctx, b.targets(targets, job.Request))
	err = errors.Join(err, lines.Flush())
	b.status.clear()
	return b.ended(ctx, job.Run, tally, err)
}

// job returns what every job of the run has: the options that were given, as far as workers can
// use them.
func (b *bulkRun) job(ctx context.Context) (*bulk.Job, error) {
	job := &bulk.Job{Run: b.out.part.resume, Kind: b.check.Kind.Name, Rate: b.rate.perSecond(), Transcript: b.out.verbose, Request: b.out.part.hash()}
	if job.Run == "" {
		job.Run = time.Now().UTC().Format("20060102-150405-") + strings.ToLower(rand.Text()[:6])
	}
	var wrong error
	b.flags.Visit(func(f *pflag.Flag) {
		if wrong == nil {
			wrong = b.give(job, f)
		}
	})
	switch {
	case wrong != nil:
		return nil, wrong
	case b.flags.Changed("output") && b.out.format != "jsonl":
		return nil, fmt.Errorf("-o %s: the results of --fleet come in any order, as -o jsonl", b.out.format)
	case b.out.part.resume != "" && !bulk.IsName(b.out.part.resume):
		return nil, fmt.Errorf("--resume %q is not the name of a run, which its results have, such as 20261129-120000-abcdef", b.out.part.resume)
	}
	return job, b.rehearse(ctx, *job)
}

// give puts a flag into the job.
func (b *bulkRun) give(job *bulk.Job, f *pflag.Flag) error {
	o := probe.FindOption(b.check.Declared, f.Name)
	v, ok := f.Value.(*flagValue)
	switch {
	case o == nil && (slices.Contains(ofOutput, f.Name) || slices.Contains(ofFleet, f.Name)):
		return nil
	case o == nil || !ok:
		return fmt.Errorf("--%s has no place with --fleet; leave it out", f.Name)
	case f.Name == "send":
		return fmt.Errorf("--%s: a bulk run hands over no message; leave it out", f.Name)
	case o.Credential && !b.logins:
		return fmt.Errorf("--%s: a bulk run logs in nowhere unless --allow-logins is given", f.Name)
	}
	for _, text := range v.given {
		each := bulk.Option{Name: f.Name, Text: text}
		if o.Credential && strings.HasSuffix(o.Name, "-env") {
			job.Credentials = append(job.Credentials, each)
			continue
		}
		if o.Credential && o.Name != "user" {
			return fmt.Errorf("--%s: a secret is never part of a job; give the name by which the places have it, by --password-env or --token-env", f.Name)
		}
		if err := bulk.Travels(o, text); err != nil {
			return err
		}
		job.Options = append(job.Options, each)
	}
	return nil
}

// rehearse finds what a worker would find wrong with the options.
func (b *bulkRun) rehearse(ctx context.Context, job bulk.Job) error {
	job.Options = slices.DeleteFunc(slices.Clone(job.Options), func(o bulk.Option) bool { return o.Name == "user" })
	check, err := bulk.Build([]probe.Kind{b.check.Kind}, &job)
	if err != nil {
		return err
	}
	return errors.Join(check.Prepare(ctx), check.Close())
}

// identity returns how to connect: as the centre on its own machine, otherwise as who was
// invited. A server of this machine may ask nobody who he is.
func (b *bulkRun) identity() (o fleet.Options, err error) {
	if err := fleet.CheckURL(b.url); err != nil {
		return o, fmt.Errorf("--fleet: %w", err)
	}
	token, err := b.token()
	if err != nil {
		return o, err
	}
	state, err := probe.StateDir(b.state)
	if err != nil {
		return o, err
	}
	if l, err := centre.ReadLocation(state); token == nil && err == nil && l.URL != "" {
		o, err = centre.Local(state)
		o.URL, o.CAFile = b.url, cmp.Or(b.caFile, o.CAFile)
		return o, err
	}
	o, err = bulk.Identity(state, token)
	if errors.Is(err, bulk.ErrNobody) && strings.HasPrefix(b.url, "nats://") {
		o, err = fleet.Options{Name: "submitter"}, nil
	}
	if errors.Is(err, bulk.ErrNobody) {
		return o, fmt.Errorf("%s has no key of who submits: give the token of mailprobe fleet invite --submit NAME once, with --fleet-token-file", state)
	}
	o.URL, o.CAFile = b.url, b.caFile
	return o, err
}

// token reads the token, nil for none.
func (b *bulkRun) token() (*fleet.Token, error) {
	if b.tokenFile == "" {
		return nil, nil
	}
	token, err := fleet.ReadToken(b.tokenFile)
	if err != nil {
		return nil, fmt.Errorf("--fleet-token-file: %w", err)
	}
	return token, nil
}

// targets yields the targets as workers get them. What is no target has its result at once.
func (b *bulkRun) targets(all iter.Seq[target], request string) iter.Seq[bulk.Target] {
	return func(yield func(bulk.Target) bool) {
		for t := range all {
			out := bulk.Target{Text: t.Text, Destination: bulk.Destination(t.Target)}
			if t.label != nil {
				out.Name, out.Tag = t.label.name, t.label.tag
			}
			if t.User != "" && !b.logins {
				t.err = errors.New("a bulk run logs in nowhere unless --allow-logins is given; leave out the user before the @")
			}
			if t.err != nil {
				out.Results = t.check(context.Background(), b.check)
				for _, r := range out.Results {
					r.Request = &probe.Request{Target: t.canonical(), Options: request}
				}
			}
			if !yield(out) {
				return
			}
		}
	}
}

// watch shows on a terminal how many targets are done.
func (b *bulkRun) watch() {
	b.status = &progress{w: io.Discard, counts: true}
	if obedient(b.stderr) {
		b.status.w = b.stderr
	}
}

// emit prints the results of a target.
func (b *bulkRun) emit(printer *report.BulkPrinter, run string, o bulk.Outcome) error {
	from := report.Origin{Run: run, Index: o.Index, Place: o.Place}
	for _, a := range o.Answers {
		b.app.status = probe.Worst(b.app.status, a.Status)
		var err error
		if a.JSON != nil {
			err = printer.PrintJSON(a.JSON, a.Status, from)
		} else {
			err = printer.Print(a.Whole, from)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// flush prints what was gathered, without the progress on the same terminal.
func (b *bulkRun) flush(lines *bufio.Writer) error {
	if lines.Buffered() > 0 && isTerminal(b.stdout) {
		b.status.clear()
		defer b.status.advance()
	}
	return lines.Flush()
}

// tell shows a line that is no result.
func (b *bulkRun) tell(err error) {
	b.status.clear()
	fmt.Fprintf(b.stderr, "mailprobe: %s\n", oneLine(err))
}

// ended says how the run ended. What is missing is not OK.
func (b *bulkRun) ended(ctx context.Context, run string, tally bulk.Tally, err error) error {
	if tally.Refused > 0 {
		b.tell(fmt.Errorf("%d results were not accepted, the first because: %w", tally.Refused, tally.Why))
	}
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted with %d of %d targets done; --resume %s continues it with the same targets", tally.Done, tally.Targets, run)
	case err != nil && tally.Targets > 0:
		return fmt.Errorf("%w (run %s, %d of %d targets done)", err, run, tally.Done, tally.Targets)
	case err == nil && tally.Targets == 0:
		return errNoTarget
	}
	return err
}
