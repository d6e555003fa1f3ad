package suite

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"mailprobe/internal/cut"
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
	options options
}

// reserved are the options that a notifier sets itself, or that have no meaning for
// one.
var reserved = []string{"send", "pipeline", "message", "subject", "header", "body", "stop-after", "open-relay", "mx", "vrfy", "size", "all-addresses", "warn", "crit", "expect", "reject"}

// emailOptions are the options that the file may set.
func emailOptions() optionSet {
	return optionSet(probe.New(smtpcheck.Kind()).Declared).without(reserved...)
}

func emailSchema(*parser) schema {
	through := field{name: "through", about: "the server to send through: HOST, HOST:PORT or a URL such as submission://mail.example.org", schema: schema{"type": "string"}}
	second := field{name: "second", about: "another way, taken when the first fails", schema: object([]field{through}, emailOptions(), "through")}
	return object([]field{through, second}, emailOptions(), "through", "to")
}

// readEmail reads the mapping of an email notifier.
func (p *parser) readEmail(at pair) sender {
	e := &email{}
	if at.value.Kind != yaml.MappingNode {
		p.fault(at.value, "email is a mapping such as {through: submission://mail.example.org, to: ops@example.org}")
		return e
	}
	var second *pair
	first, values := p.readWay(at, nil, &second)
	if e.ways = append(e.ways, first); second != nil {
		// What is about the message, not about the server, is the same.
		var inherited []pair
		for _, v := range values {
			if v.name == "from" || v.name == "to" || v.name == "helo" {
				inherited = append(inherited, v)
			}
		}
		other, _ := p.readWay(*second, inherited, nil)
		e.ways = append(e.ways, other)
	}
	if !slices.ContainsFunc(first.options, func(o option) bool { return o.name == "to" }) {
		p.fault(at.key, "the mail has no recipient: add to:")
	}
	return e
}

// readWay reads one server and how to speak to it.
func (p *parser) readWay(at pair, inherited []pair, second **pair) (way, []pair) {
	var w way
	kind, known := smtpcheck.Kind(), emailOptions()
	values := slices.Clone(inherited)
	through := at.key
	fields := []field{{name: "through", into: func(o pair) {
		through = o.value
		if text, ok := p.text(o.value, "through"); ok {
			var err error
			if w.through, err = kind.ParseTarget(text); err != nil {
				p.fault(o.value, "%s", asKeys(err))
			}
		}
	}}}
	if second != nil {
		fields = append(fields, field{name: "second", into: func(o pair) { *second = &o }})
	}
	p.read(at.value, "email", fields, func(o pair) bool {
		if known.lookUp(o.name) == nil {
			return false
		}
		values = slices.DeleteFunc(values, func(v pair) bool { return v.name == o.name })
		values = append(values, o)
		return true
	}, known.keys())
	if through == at.key {
		p.fault(at.key, "the mail has no way: add through: with the server to send by")
	}
	for _, v := range values {
		w.options = append(w.options, p.set(known, p.settings(known.lookUp(v.name), v))...)
		p.warnOfSecret(v)
	}
	if len(w.options) > 0 {
		p.checkWay(at.key, w)
	}
	return w, values
}

// checkWay finds what is wrong with the options together.
func (p *parser) checkWay(at *yaml.Node, w way) {
	t := w.options.try(context.Background(), smtpcheck.Kind())
	if err := t.with([]probe.Target{w.through}); err != nil {
		p.fault(at, "email: %s", asKeys(err))
	}
}

// limit implements sender.
func (e *email) limit() time.Duration { return time.Duration(len(e.ways)) * wayTimeout }

// wayTimeout bounds one way, whatever its own timeout is.
const wayTimeout = time.Minute

// send implements sender: by the first way that works.
func (e *email) send(ctx context.Context, m *Message, n Network, p passage) error {
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
func (w way) send(ctx context.Context, m *Message, n Network, p passage) error {
	var unnoted error
	begin := func() error {
		unnoted = p.begin()
		return unnoted
	}
	check, err := w.letter(m).build(noting(passage{begin, p.end}))
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
	case unnoted != nil:
		return unsent{unnoted}
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

// code is that of the reply in a step, 0 for none.
func code(step *probe.Step) int {
	for _, f := range step.Facts {
		if f.Name == "code" {
			n, _ := strconv.Atoi(f.Text)
			return n
		}
	}
	return 0
}

// missed is the error that names who was refused while others were not.
func (w way) missed(r *probe.Result) error {
	var refused []string
	steps := slices.DeleteFunc(slices.Clone(r.Steps), func(s probe.Step) bool { return !strings.HasPrefix(s.Name, "rcpt") })
	for _, o := range w.options {
		if o.name != "to" || len(steps) == 0 {
			continue
		}
		if steps[0].Status != probe.OK {
			refused = append(refused, fmt.Sprintf("%s is not told: %s", o.value, steps[0].Detail))
		}
		steps = steps[1:]
	}
	if refused == nil {
		return nil
	}
	return partly{errors.New(strings.Join(refused, "; "))}
}

// answered tells whether the server gave its verdict on the message: the reply to
// the dot has a code.
func answered(step *probe.Step) bool {
	return code(step) != 0
}

// letter are the options that make the message.
func (w way) letter(m *Message) options {
	subject := "mailprobe: " + m.Subject
	if m.Title != "" {
		subject = m.Title + ": " + m.Subject
	}
	text := m.Text
	if m.Repeated {
		text = "(This message may have reached you before.)\n\n" + text
	}
	return append(slices.Clone(w.options),
		option{"send", "true"},
		option{"subject", cut.Bytes(subject, maxSubject)},
		option{"body", text},
		option{"header", "Message-ID: <" + m.ID + "@" + hostOf(m) + ">"},
		option{"header", "X-Mailprobe-Status: " + m.Status.String()},
	)
}

// maxSubject is how many bytes of a subject are kept.
const maxSubject = 200

func hostOf(m *Message) string {
	if m.Host == "" || strings.ContainsAny(m.Host, " <>@\r\n") {
		return "localhost"
	}
	return m.Host
}
