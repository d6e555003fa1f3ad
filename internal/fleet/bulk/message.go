package bulk

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/s2"

	"mailprobe/probe"
)

// The bounds of messages.
const (
	// BatchSize is how many targets a job has at most.
	BatchSize = 100
	// MaxTargets is how many targets a run has at most: what is remembered of a run is a
	// bit for each of them.
	MaxTargets = 1 << 27
	// maxBody is how many bytes of results are gathered for one message.
	maxBody = 256 << 10
	// maxMessage bounds a message, in bytes; it is the server's own default.
	maxMessage = 1 << 20
	// maxText bounds the text of a target, in bytes.
	maxText = 1 << 10
	// maxResults is how many results one target has at most.
	maxResults = 256
)

// Job is some targets of a run, and what is to be checked of them. It has no command and
// no file, and no secret.
type Job struct {
	Run string `json:"run"`
	// Kind is the name of the kind of check.
	Kind string `json:"kind"`
	// Options are set in their order.
	Options []Option `json:"options,omitempty"`
	// Credentials are options whose secret the worker has by its name.
	Credentials []Option `json:"credentials,omitempty"`
	// Rate is how many targets a second may be checked of one destination; 0 for any number.
	Rate float64 `json:"rate,omitempty"`
	// Transcript asks for the transcripts.
	Transcript bool `json:"transcript,omitempty"`
	// Request is the probe.Request.Options of the results; empty for none.
	Request string   `json:"request,omitempty"`
	Targets []Target `json:"targets"`
}

// Option is an option of a check and its value.
type Option struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Target is one target of a run.
type Target struct {
	// Index is its place in the input, from 0.
	Index int `json:"i"`
	// Text is the target as Kind.ParseTarget reads it.
	Text string `json:"t"`
	// Name and Tag are what stood beside it.
	Name string `json:"name,omitempty"`
	Tag  string `json:"tag,omitempty"`
	// Ticket shows that a result comes from a worker that was given the target.
	Ticket string `json:"k"`

	// Destination is what the rate and the shard are of, such as the host in lower case.
	Destination string `json:"-"`
	// Results are set where the target needs no worker, such as for a line that is none.
	Results []*probe.Result `json:"-"`
}

// ParseJob reads a job. Its error says what is wrong with it.
func ParseJob(data []byte) (*Job, error) {
	var job Job
	if err := json.Unmarshal(data, &job); err != nil {
		return nil, fmt.Errorf("it is no job: %w", err)
	}
	switch {
	case !IsName(job.Run):
		return nil, errors.New("its run has no valid name")
	case job.Kind == "":
		return nil, errors.New("it has no kind of check")
	case len(job.Targets) == 0 || len(job.Targets) > BatchSize:
		return nil, fmt.Errorf("it has %d targets, not 1 to %d", len(job.Targets), BatchSize)
	case !(job.Rate >= 0):
		return nil, fmt.Errorf("its rate is %g", job.Rate)
	}
	for _, t := range job.Targets {
		if t.Index < 0 || t.Index >= MaxTargets || t.Text == "" || len(t.Text) > maxText {
			return nil, fmt.Errorf("target %d is none: %d bytes", t.Index, len(t.Text))
		}
	}
	return &job, nil
}

// name matches what can be a part of a subject and of the name of a consumer.
var name = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`) })

// IsName reports whether a text can be the name of a run, a place or a group: up to 64
// letters, digits, hyphens and underscores, the first of them a letter or a digit.
func IsName(text string) bool { return name().MatchString(text) }

// Outcome is what became of a target.
type Outcome struct {
	Index  int
	Ticket string
	// Answers are the results: that of the target, or one for each address or exchanger.
	Answers []Answer
	// Place is where it was checked, which the subject of the message says; empty for a
	// target that needed no worker.
	Place string
}

// Answer is one result.
type Answer struct {
	// Check is the name of its kind.
	Check  string
	Status probe.Status
	// JSON is the result as probe.Result.AppendJSON writes it, printable ASCII; nil where it
	// was read as a whole, and is Whole. It is valid until Run.Emit returns.
	JSON  []byte
	Whole *probe.Result
}

// Result returns the whole result.
func (a Answer) Result() (*probe.Result, error) {
	if a.JSON == nil {
		return a.Whole, nil
	}
	r := new(probe.Result)
	return r, r.UnmarshalJSON(a.JSON)
}

// answers are results as answers.
func answers(results []*probe.Result) []Answer {
	all := make([]Answer, len(results))
	for i, r := range results {
		all[i] = Answer{Check: r.Check, Status: r.Status, Whole: r}
	}
	return all
}

// parseAnswer reads the JSON of a result.
func parseAnswer(text []byte) (a Answer, err error) {
	if g, ok := probe.GlanceAt(text); ok {
		return Answer{Check: g.Check, Status: g.Status, JSON: text}, nil
	}
	a.Whole = new(probe.Result)
	err = a.Whole.UnmarshalJSON(text)
	a.Check, a.Status = a.Whole.Check, a.Whole.Status
	return a, err
}

// checked are the results of a target, as a worker has them.
type checked struct {
	Target
	results []*probe.Result
}

// A message with outcomes is text in lines, compressed as a block of S2: the name of the run; then
// of each outcome its index, its ticket and the number of its results, separated by blanks; then
// the results, each as JSON in a line. Were the whole of it JSON, every result would be read
// several times.

// pack returns the message.
func pack(text []byte) []byte { return s2.Encode(nil, text) }

// unpack returns the text of a message, which is no larger than a message may be.
func unpack(data []byte) ([]byte, error) {
	if n, err := s2.DecodedLen(data); err != nil || n > maxMessage {
		return nil, errors.New("it is no message with results, or is too large")
	}
	text, err := s2.Decode(nil, data)
	if err != nil {
		return nil, errors.New("it is no message with results")
	}
	return text, nil
}

// appendOutcome writes the lines of an outcome.
func appendOutcome(b []byte, c checked) ([]byte, error) {
	b = strconv.AppendInt(b, int64(c.Index), 10)
	b = append(append(append(b, ' '), c.Ticket...), ' ')
	b = append(strconv.AppendInt(b, int64(len(c.results)), 10), '\n')
	for _, r := range c.results {
		var err error
		if b, err = r.AppendJSON(b); err != nil {
			return nil, err
		}
		b = append(b, '\n')
	}
	return b, nil
}

// parseOutcomes calls do with the outcomes of a message, and returns what is wrong with the rest.
func parseOutcomes(data []byte, run string, do func(Outcome)) error {
	text, err := unpack(data)
	if err != nil {
		return err
	}
	line, rest, _ := bytes.Cut(text, []byte("\n"))
	if string(line) != run {
		return errors.New("it is of another run")
	}
	for len(rest) > 0 {
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		o, count, err := parseHead(string(line))
		if err != nil {
			return err
		}
		for range count {
			line, rest, _ = bytes.Cut(rest, []byte("\n"))
			a, err := parseAnswer(line)
			if err != nil {
				return fmt.Errorf("target %d has a result that is none: %w", o.Index, err)
			}
			o.Answers = append(o.Answers, a)
		}
		do(o)
	}
	return nil
}

// parseHead reads the first line of an outcome.
func parseHead(line string) (o Outcome, count int, err error) {
	words := strings.Split(line, " ")
	if len(words) != 3 {
		return o, 0, errors.New("it is no message with results")
	}
	o.Ticket = words[1]
	if o.Index, err = strconv.Atoi(words[0]); err != nil {
		return o, 0, errors.New("it has a target without a number")
	}
	if count, err = strconv.Atoi(words[2]); err != nil || count < 1 || count > maxResults {
		return o, 0, fmt.Errorf("target %d has %.10q results", o.Index, words[2])
	}
	return o, count, nil
}

// fit writes the lines of an outcome so that they fit into a message: it loses its transcripts,
// then the details of its steps, and says so.
func fit(b []byte, c checked, limit int) ([]byte, error) {
	for _, shorten := range []func(*probe.Result){func(*probe.Result) {}, dropTranscript, dropDetails, dropSteps} {
		for _, r := range c.results {
			shorten(r)
		}
		text, err := appendOutcome(b, c)
		if err != nil || len(text)-len(b) <= limit {
			return text, err
		}
	}
	c.results = c.results[:1]
	return appendOutcome(b, c)
}

func dropTranscript(r *probe.Result) { r.Transcript = nil }

const shortened = "left out: the result was larger than a message"

func dropDetails(r *probe.Result) {
	for i := range r.Steps {
		r.Steps[i].Detail, r.Steps[i].Facts = shortened, nil
	}
}

func dropSteps(r *probe.Result) {
	r.Steps = []probe.Step{{Name: "steps", Status: r.Status, Detail: shortened, Cause: r.Cause}}
}
