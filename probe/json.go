package probe

import (
	"encoding/json"
	"math"
	"strings"
	"time"

	"mailprobe/wire"
)

// The names below are a promise: they are what -o json prints, described by
// report/schema.json. Times are in seconds; empty members are left out.

type resultJSON struct {
	Name    string    `json:"name,omitempty"`
	Check   string    `json:"check"`
	Target  string    `json:"target"`
	Address string    `json:"address,omitempty"`
	Start   time.Time `json:"start"`
	Elapsed float64   `json:"elapsed"`
	Status  Status    `json:"status"`
	Summary string    `json:"summary,omitempty"`
	causeJSON
	Refused    bool       `json:"refused,omitempty"`
	Silenced   *Silenced  `json:"silenced,omitempty"`
	Request    *Request   `json:"request,omitempty"`
	Steps      []stepJSON `json:"steps,omitempty"`
	Transcript []string   `json:"transcript,omitempty"`
}

type stepJSON struct {
	Name    string  `json:"name"`
	Status  Status  `json:"status"`
	Elapsed float64 `json:"elapsed"`
	Detail  string  `json:"detail,omitempty"`
	Hint    string  `json:"hint,omitempty"`
	causeJSON
	Item    string     `json:"item,omitempty"`
	Address string     `json:"address,omitempty"`
	Group   string     `json:"group,omitempty"`
	Fix     []string   `json:"fix,omitempty"`
	Facts   []factJSON `json:"facts,omitempty"`
}

// causeJSON is why something is not OK; Causes are further causes.
type causeJSON struct {
	Cause  string   `json:"cause,omitempty"`
	Blame  Blame    `json:"blame,omitempty"`
	Causes []string `json:"causes,omitempty"`
}

func (c causeJSON) decode() (cause *Cause, also []*Cause) {
	if c.Cause != "" {
		cause = &Cause{Name: c.Cause, Blame: c.Blame}
	}
	for _, name := range c.Causes {
		also = append(also, &Cause{Name: name})
	}
	return cause, also
}

type factJSON struct {
	Name   string   `json:"name"`
	Text   string   `json:"text"`
	Value  *float64 `json:"value,omitempty"`
	Unit   Unit     `json:"unit,omitempty"`
	Role   Role     `json:"role,omitempty"`
	Status Status   `json:"status"`
}

// MarshalJSON encodes a result; the transcript is an array of its lines.
func (r *Result) MarshalJSON() ([]byte, error) { return r.AppendJSON(make([]byte, 0, 2048)) }

// AppendJSON is MarshalJSON into a slice.
func (r *Result) AppendJSON(b []byte) ([]byte, error) {
	j := jsonText(b)
	err := j.result(r)
	return j, err
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (r *Result) UnmarshalJSON(text []byte) error {
	var in resultJSON
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	*r = Result{
		Name: in.Name, Check: in.Check, Target: in.Target, Address: in.Address, Start: in.Start,
		Elapsed: seconds(in.Elapsed), Status: in.Status, Summary: in.Summary, Refused: in.Refused, Silenced: in.Silenced, Request: in.Request,
	}
	r.Cause, r.Also = in.causeJSON.decode()
	for _, s := range in.Steps {
		r.Steps = append(r.Steps, s.decode())
	}
	if in.Transcript == nil {
		return nil
	}
	var err error
	r.Transcript, err = wire.ParseTranscript(strings.Join(in.Transcript, "\n"))
	return err
}

func (s stepJSON) decode() Step {
	out := Step{Name: s.Name, Status: s.Status, Elapsed: seconds(s.Elapsed), Detail: s.Detail, Hint: s.Hint, Item: s.Item, Address: s.Address, Group: s.Group, Fix: s.Fix}
	out.Cause, out.Also = s.causeJSON.decode()
	for _, f := range s.Facts {
		out.Facts = append(out.Facts, Fact{Name: f.Name, Text: f.Text, Value: f.Value, Unit: f.Unit, Role: f.Role, Status: f.Status})
	}
	return out
}

func seconds(s float64) time.Duration {
	return time.Duration(math.Round(s * float64(time.Second)))
}
