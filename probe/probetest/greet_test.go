package probetest_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"mailprobe/probe"
	"mailprobe/wire"
)

// greetKind is a protocol of four words: the server greets, the client gives its
// name, perhaps a password, and says bye. Answers begin with "yes" or "no".
func greetKind() probe.Kind {
	return probe.Kind{
		Name:    "greet",
		Short:   "exchange greetings",
		Schemes: []probe.Scheme{{Name: "greet", Port: 7}},
		Steps:   []string{"resolve", "connect", "greeting", "hello", "login", "bye"},
		New: func(o *probe.Options) (probe.Checker, []probe.Option) {
			g := &greeter{options: o}
			return g, append(o.ReplyOptions(), probe.Option{Name: "password-file", Type: probe.TypeFile, Value: &g.file})
		},
	}
}

type greeter struct {
	options  *probe.Options
	file     string
	password wire.Secret
}

func (g *greeter) Prepare(context.Context) error {
	if g.file == "" {
		return nil
	}
	text, err := os.ReadFile(g.file)
	if err != nil {
		return fmt.Errorf("--password-file: %w", err)
	}
	g.password = wire.Secret(strings.TrimSpace(string(text)))
	return nil
}

func (g *greeter) Check(ctx context.Context, t probe.Target, r *probe.Result) error {
	r.Transcript.Hide(g.password)
	s := &greetSession{greeter: g, ctx: ctx, target: t, result: r}
	defer s.close()
	steps := []struct {
		name string
		do   func(*probe.Step) error
	}{{"connect", s.connect}, {"greeting", s.answer}, {"hello", s.hello}, {"login", s.login}, {"bye", s.bye}}
	for _, step := range steps {
		if step.name == "login" && g.password == "" {
			continue
		}
		if err := r.Run(step.name, step.do); err != nil {
			return err
		}
	}
	return nil
}

// greetSession is one connection.
type greetSession struct {
	*greeter
	ctx    context.Context
	target probe.Target
	result *probe.Result
	conn   *wire.Conn
}

func (s *greetSession) close() {
	if s.conn != nil {
		_ = s.conn.Close()
	}
}

func (s *greetSession) connect(step *probe.Step) error {
	addrs, err := s.options.Resolve(s.ctx, s.target, step)
	if err != nil {
		return err
	}
	socket, err := s.options.DialContext(s.ctx, "tcp", s.target.AddrPort(addrs[0]))
	if err != nil {
		return err
	}
	s.conn = wire.NewConn(s.ctx, socket, s.result.Transcript)
	s.result.Address = socket.RemoteAddr().String()
	return nil
}

// answer reads lines up to one that begins with yes or no.
func (s *greetSession) answer(step *probe.Step) error {
	s.conn.SetTimeout(s.options.StepTimeout(s.ctx))
	for {
		line, err := s.conn.ReadLine()
		if err != nil {
			return err
		}
		switch word, _, _ := strings.Cut(line, " "); word {
		case "yes":
			step.Say(line)
			step.Learn(probe.Number("words", float64(len(strings.Fields(line))), probe.None))
			return nil
		case "no":
			return &probe.Failure{Status: probe.Critical, Err: errors.New(line), Hint: "ask nicely", Refused: true}
		}
	}
}

func (s *greetSession) say(step *probe.Step, format string, args ...any) error {
	if err := s.conn.Cmd(format, args...); err != nil {
		return err
	}
	return s.answer(step)
}

func (s *greetSession) hello(step *probe.Step) error { return s.say(step, "hello probe") }

func (s *greetSession) login(step *probe.Step) error {
	return s.say(step, "login %s", s.password)
}

func (s *greetSession) bye(step *probe.Step) error { return s.say(step, "bye") }
