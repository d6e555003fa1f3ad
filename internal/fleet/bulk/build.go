package bulk

import (
	"context"
	"errors"
	"fmt"

	"mailprobe/probe"
)

// Kinds are the kinds of check that there are bulk runs of.
var Kinds = []string{"smtp", "pop3", "imap", "ping", "domain"}

var errLogin = errors.New("a bulk run logs in nowhere; leave the user out of the target, or use --allow-logins")

// Build makes the check of a job of one of the kinds with its options set, and not prepared
// yet, so that the caller can add its own limits. It never hands over a message. An option
// that needs something of the machine it is given on is an error, and so are credentials,
// unless the caller sets them.
func Build(kinds []probe.Kind, job *Job) (*probe.Check, error) {
	for _, kind := range kinds {
		if kind.Name == job.Kind {
			return build(kind, job.Options)
		}
	}
	return nil, fmt.Errorf("there are no bulk runs of %q here", job.Kind)
}

func build(kind probe.Kind, options []Option) (*probe.Check, error) {
	check := probe.New(kind)
	for _, o := range options {
		declared := probe.FindOption(check.Declared, o.Name)
		if declared == nil {
			return nil, fmt.Errorf("%s has no option %s; the worker may be of another version", kind.Name, o.Name)
		}
		if err := Travels(declared, o.Text); err != nil {
			return nil, err
		}
		if err := check.Set(o.Name, o.Text); err != nil {
			return nil, err
		}
	}
	check.Options.SendNothing, check.Options.NoCommands = true, true
	return check, nil
}

// Travels returns why an option cannot be a part of a job: jobs are data, and what is on the
// submitter's machine is not on the worker's.
func Travels(o *probe.Option, text string) error {
	switch {
	case o.Credential && o.Name != "user":
		return fmt.Errorf("%s is a secret, which is no part of a job", probe.OptionName(o.Name))
	case o.Type == probe.TypeCommand:
		return fmt.Errorf("%s runs a command, and jobs are data that run none; leave it out", probe.OptionName(o.Name))
	case o.Type == probe.TypeFile, o.Type == probe.TypeDirectory, o.Type == probe.TypeSigner, o.Writes,
		o.Type == probe.TypeContent && (text == "-" || len(text) > 0 && text[0] == '@'):
		return fmt.Errorf("%s names a file of this machine, which the workers do not have; leave it out", probe.OptionName(o.Name))
	}
	return nil
}

// Runner returns a Worker.Prepare that makes checks of kinds within a limit of sessions, and
// has no credentials.
func Runner(kinds []probe.Kind, limit *probe.Limit) func(context.Context, *Job) (*probe.Check, error) {
	return func(ctx context.Context, job *Job) (*probe.Check, error) {
		if len(job.Credentials) > 0 {
			return nil, fmt.Errorf("this worker has no credential called %q", job.Credentials[0].Text)
		}
		check, err := Build(kinds, job)
		if err != nil {
			return nil, err
		}
		check.Options.Limit = limit
		return check, check.Prepare(ctx)
	}
}
