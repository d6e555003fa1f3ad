package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/compose"
	"mailprobe/internal/cut"
	"mailprobe/internal/settings"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// email sends a message by SMTP. Its options are those of `mailprobe smtp`.
type email struct {
	ways []way
}

// way is one server to send through; the second is for when the first is what is
// down.
type way struct {
	through probe.Target
	options settings.Values
}

// reserved are the options that a notifier sets itself, or that mean nothing for it.
var reserved = []string{"send", "pipeline", "message", "subject", "header", "body", "html", "attach", "dkim-sign", "chunking", "cc", "bcc", "stop-after", "open-relay", "mx", "vrfy", "size", "all-addresses", "warn", "crit", "expect", "reject"}

// emailOptions are the options that the file may set.
func emailOptions() settings.Options {
	return settings.Options(probe.New(smtpcheck.Kind()).Declared).Without(reserved...)
}

func emailSchema() settings.Schema {
	through := settings.Field{Name: "through", About: "the server to send through: HOST, HOST:PORT or a URL such as submission://mail.example.org", Schema: settings.Text}
	second := settings.Field{Name: "second", About: "another way, taken when the first fails", Schema: func() settings.Schema {
		return settings.Object([]settings.Field{through}, emailOptions(), "through")
	}}
	return settings.Object([]settings.Field{through, second}, emailOptions(), "through", "to")
}

// readEmail reads the mapping of an email notifier.
func (p *parser) readEmail(at settings.Pair) sender {
	e := &email{}
	if !at.Value.IsMapping() {
		p.Fault(at.Value, "email is a mapping such as {through: submission://mail.example.org, to: ops@example.org}")
		return e
	}
	var second *settings.Pair
	first, values := p.readWay(at, nil, &second)
	if e.ways = append(e.ways, first); second != nil {
		// What is about the message, not about the server, is the same.
		var inherited []settings.Pair
		for _, v := range values {
			if v.Name == "from" || v.Name == "to" || v.Name == "helo" {
				inherited = append(inherited, v)
			}
		}
		other, _ := p.readWay(*second, inherited, nil)
		e.ways = append(e.ways, other)
	}
	if !slices.ContainsFunc(first.options, func(v settings.Value) bool { return v.Name == "to" }) {
		p.Fault(at.Key, "the mail has no recipient: add to:")
	}
	return e
}

// readWay reads one server and its options.
func (p *parser) readWay(at settings.Pair, inherited []settings.Pair, second **settings.Pair) (way, []settings.Pair) {
	var w way
	kind, known := smtpcheck.Kind(), emailOptions()
	values := slices.Clone(inherited)
	through := at.Key
	fields := []settings.Field{{Name: "through", Into: func(o settings.Pair) {
		through = o.Value
		if text, ok := p.Text(o.Value, "through"); ok {
			var err error
			if w.through, err = kind.ParseTarget(text); err != nil {
				p.Fault(o.Value, "%s", settings.AsKeys(err))
			}
		}
	}}}
	if second != nil {
		fields = append(fields, settings.Field{Name: "second", Into: func(o settings.Pair) { *second = &o }})
	}
	p.Read(at.Value, "email", fields, func(o settings.Pair) bool {
		if known.LookUp(o.Name) == nil {
			return false
		}
		values = slices.DeleteFunc(values, func(v settings.Pair) bool { return v.Name == o.Name })
		values = append(values, o)
		return true
	}, known.Keys())
	if through == at.Key {
		p.Fault(at.Key, "the mail has no server: add through: with the one to send by")
	}
	for _, v := range values {
		w.options = append(w.options, p.Set(known, p.Settings(known.LookUp(v.Name), v))...)
		p.WarnOfSecret(v)
	}
	if len(w.options) > 0 {
		p.checkWay(at.Key, w)
	}
	return w, values
}

// checkWay checks the options together.
func (p *parser) checkWay(at settings.Node, w way) {
	t := w.options.Try(context.Background(), smtpcheck.Kind())
	if err := t.With(w.through); err != nil {
		p.Fault(at, "email: %s", settings.AsKeys(err))
	}
}

// limit implements sender.
func (e *email) limit() time.Duration { return time.Duration(len(e.ways)) * wayTimeout }

// wayTimeout bounds one way, whatever its own timeout.
const wayTimeout = time.Minute

// send implements sender: by the first way that works.
func (e *email) send(ctx context.Context, m *Message, n Network, p handover) error {
	var failures []string
	final, answered := true, false
	for _, w := range e.ways {
		err := w.send(ctx, m, n, p)
		final, answered = final && errors.As(err, new(refused)), answered || errors.As(err, new(declined))
		if err == nil || errors.As(err, new(uncertain)) || errors.As(err, new(partly)) || errors.As(err, new(unsent)) {
			return err
		}
		failures = append(failures, fmt.Sprintf("%s: %v", w.through.Text, err))
	}
	err := errors.New(strings.Join(failures, "; "))
	switch {
	case final:
		return refused{err}
	case answered:
		return declined{err}
	}
	return err
}

// single implements sender.
func (e *email) single() bool { return false }

// send hands the message to one server.
func (w way) send(ctx context.Context, m *Message, n Network, p handover) error {
	var unrecorded error
	begin := func() error {
		unrecorded = p.begin()
		return unrecorded
	}
	check, err := w.letter(m).Build(recording(handover{begin, p.end}))
	if err != nil {
		return err
	}
	check.Options.Dial, check.Options.DNS = n.Dial, n.DNS
	if err := check.Prepare(ctx); err != nil {
		return err
	}
	defer func() { _ = check.Close() }()
	check.Options.Timeout = min(check.Options.Timeout, wayTimeout)
	r := check.Do(ctx, w.through)[0]
	step := r.Step("message")
	switch {
	case unrecorded != nil:
		return unsent{unrecorded}
	case step != nil && step.Status == probe.OK:
		return w.missed(r)
	case step != nil && !answered(step):
		return uncertain{errors.New(r.Summary)}
	case step != nil && code(step) >= 500: // RFC 5321 §4.2.1: the same message would be refused again
		return refused{errors.New(r.Summary)}
	case step != nil:
		return declined{errors.New(r.Summary)}
	case r.Cause != nil && r.Cause.Is(smtpcheck.CauseMessageTooBig): // a shorter one may be taken
		return refused{errors.New(r.Summary)}
	}
	return errors.New(r.Summary)
}

// code returns the code of the reply in a step, 0 for none.
func code(step *probe.Step) int {
	for _, f := range step.Facts {
		if f.Name == "code" {
			n, _ := strconv.Atoi(f.Text)
			return n
		}
	}
	return 0
}

// missed returns an error that names the refused recipients, nil where there are none.
func (w way) missed(r *probe.Result) error {
	var refused []string
	steps := slices.DeleteFunc(slices.Clone(r.Steps), func(s probe.Step) bool { return !strings.HasPrefix(s.Name, "rcpt") })
	to := w.recipients()
	for i, step := range steps[:min(len(steps), len(to))] {
		if step.Status != probe.OK {
			refused = append(refused, fmt.Sprintf("%s is not notified: %s", to[i], step.Detail))
		}
	}
	if refused == nil {
		return nil
	}
	return partly{errors.New(strings.Join(refused, "; "))}
}

// recipients returns the addresses of the option to, whose values may be lists.
func (w way) recipients() (all []string) {
	to := probe.Option{Type: probe.TypeAddress, List: true, Value: &all}
	for _, o := range w.options {
		if o.Name == "to" {
			_ = to.Set(o.Text) // it was set before
		}
	}
	return all
}

// answered reports whether the server accepted or refused the message: the reply to the
// final dot has a code.
func answered(step *probe.Step) bool {
	return code(step) != 0
}

// letter returns the options that make the message.
func (w way) letter(m *Message) settings.Values {
	subject := "mailprobe: " + m.Subject
	if m.Title != "" {
		subject = m.Title + ": " + m.Subject
	}
	text := m.Text
	if m.Repeated {
		text = "(This message may have reached you before.)\n\n" + text
	}
	options := slices.Clone(w.options)
	for _, o := range [][2]string{
		{"send", "true"}, {"subject", cut.Bytes(subject, maxSubject)}, {"body", compose.Literal(text)},
		{"header", "Message-ID: <" + m.ID + "@" + hostOf(m) + ">"}, {"header", "X-Mailprobe-Status: " + m.Status.String()},
	} {
		options = append(options, settings.Value{Name: o[0], Text: o[1]})
	}
	return options
}

// maxSubject is how many bytes of a subject are kept.
const maxSubject = 200

func hostOf(m *Message) string {
	if m.Host == "" || strings.ContainsAny(m.Host, " <>@\r\n") {
		return "localhost"
	}
	return m.Host
}
