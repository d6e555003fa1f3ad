package push

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// Request is a report as it comes by HTTP.
type Request struct {
	// Action is what follows the token in the path: nothing, start, fail, or the exit
	// code of a job, as healthchecks.io has them.
	Action string
	// Query has the parameters: status, msg and ping as Uptime Kuma has them, elapsed and
	// exit_code.
	Query url.Values
	// ContentType is that of the body.
	ContentType string
	// Body is a text, or the parameters as a form or an object of JSON.
	Body io.Reader
}

// Parameters are the names of the parameters of a report. With rid, clients of
// healthchecks.io name a run; it is taken and not used.
func Parameters() []string { return []string{"elapsed", "exit_code", "msg", "ping", "rid", "status"} }

// statusWords are the words for a status in a report, in pairs.
var statusWords = [...]struct {
	word   string
	status probe.Status
}{
	{"up", probe.OK}, {"ok", probe.OK}, {"warning", probe.Warning}, {"critical", probe.Critical}, {"down", probe.Critical},
	{"fail", probe.Critical}, {"unknown", probe.Unknown},
}

// ParseReport reads a report. Its errors are the sender's, in one line without the token.
func ParseReport(in Request) (probe.Delivery, error) {
	p := parser{Delivery: probe.Delivery{Status: probe.OK}, given: url.Values{}}
	if err := p.add(in.Query); err != nil {
		return probe.Delivery{}, err
	}
	text, err := p.readBody(in)
	if err == nil {
		err = p.fill()
	}
	if err == nil {
		err = p.act(in.Action)
	}
	p.say(text)
	return p.Delivery, err
}

// parser reads a report into a delivery.
type parser struct {
	probe.Delivery
	given  url.Values // the parameters
	judged string     // what has set the status
}

// add adds parameters, each of which may be given once.
func (p *parser) add(values url.Values) error {
	for name, all := range values {
		switch {
		case !slices.Contains(Parameters(), name):
			return fmt.Errorf("there is no parameter %s; %s", cut.Quoted(name, 40), probe.Meant(name, Parameters(), "there are "+strings.Join(Parameters(), ", ")))
		case len(all) > 1 || p.given.Has(name):
			return fmt.Errorf("%s is given twice", name)
		}
		p.given[name] = all
	}
	return nil
}

// fill reads the parameters. Those without a value count as not given, as in the URL that
// Uptime Kuma shows.
func (p *parser) fill() error {
	for name, read := range map[string]func(string) error{
		"status": p.setStatus, "exit_code": p.setExitCode, "ping": p.setPing, "elapsed": p.setElapsed,
	} {
		if text := p.given.Get(name); text != "" {
			if err := read(text); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	if p.given.Get("ping") != "" && p.given.Get("elapsed") != "" {
		return errors.New("ping and elapsed are the same in milliseconds and in seconds; give one of them")
	}
	return nil
}

// judge sets the status, which only one part of a report may do.
func (p *parser) judge(by string, s probe.Status) error {
	if p.judged != "" {
		return fmt.Errorf("it says how the job went by %s and by %s; one is enough", min(by, p.judged), max(by, p.judged))
	}
	p.judged, p.Status = by, s
	return nil
}

func (p *parser) setStatus(text string) error {
	var words []string
	for _, w := range statusWords {
		if strings.EqualFold(w.word, text) {
			return p.judge("status", w.status)
		}
		words = append(words, w.word)
	}
	return fmt.Errorf("%s is no status; %s", cut.Quoted(text, 40), probe.Meant(text, words, "there are "+strings.Join(words, ", ")))
}

func (p *parser) setExitCode(text string) error {
	n, err := strconv.ParseUint(text, 10, 8)
	if err != nil {
		return fmt.Errorf("%s is no exit code from 0 to 255", cut.Quoted(text, 40))
	}
	code, status := int(n), probe.OK
	if code != 0 {
		status = probe.Critical
	}
	p.ExitCode = &code
	return p.judge("exit code", status)
}

func (p *parser) setPing(text string) error {
	ms, err := strconv.ParseFloat(text, 64)
	p.Took, err = span(ms, time.Millisecond, text, err)
	return err
}

func (p *parser) setElapsed(text string) error {
	s, err := strconv.ParseFloat(text, 64)
	p.Took, err = span(s, time.Second, text, err)
	return err
}

// maxTook is the longest that a job may have taken.
const maxTook = 365 * 24 * time.Hour

func span(n float64, unit time.Duration, text string, err error) (time.Duration, error) {
	d := n * float64(unit)
	if err != nil || math.IsNaN(d) || d < 0 || d > float64(maxTook) {
		return 0, fmt.Errorf("%s is no number from 0 up to a year", cut.Quoted(text, 40))
	}
	return time.Duration(d), nil
}

// ErrNoAction is the error of a path that ends in something else than an action.
var ErrNoAction = errors.New("after the token comes nothing, start, fail or an exit code from 0 to 255")

// act does what the end of the path says.
func (p *parser) act(action string) error {
	switch action {
	case "":
		return nil
	case "start":
		p.Begin = true
		return nil
	case "fail":
		return p.judge("fail in the path", probe.Critical)
	}
	if n, err := strconv.ParseUint(action, 10, 8); err != nil || strconv.FormatUint(n, 10) != action {
		return ErrNoAction
	}
	return p.setExitCode(action)
}

// say sets the texts: the message, or else the last line of the body, with the whole body
// where there is more of it.
func (p *parser) say(body []string) {
	p.Text = cut.Bytes(p.given.Get("msg"), maxLine)
	if p.Text == "" && len(body) == 1 {
		p.Text = body[0]
		return
	}
	for _, line := range slices.Backward(body) {
		p.Text = cmp.Or(p.Text, strings.TrimSpace(line))
	}
	p.Body = body
}
