package probe

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"mailprobe/internal/plainjson"
)

// jsonText is JSON under construction. A run of a thousand checks writes as many results,
// which takes encoding/json far longer.
type jsonText []byte

// key begins a member of an object.
func (j *jsonText) key(name string) {
	j.next()
	*j = append(append(append(*j, '"'), name...), '"', ':')
}

// next puts a comma after what is there, unless it has just been opened.
func (j *jsonText) next() {
	if b := *j; len(b) > 0 && b[len(b)-1] != '{' && b[len(b)-1] != '[' && b[len(b)-1] != ':' {
		*j = append(b, ',')
	}
}

func (j *jsonText) put(c byte) { *j = append(*j, c) }

// text writes a member with a text.
func (j *jsonText) text(name, value string) {
	j.key(name)
	j.string(value)
}

// textIf writes it unless it is empty.
func (j *jsonText) textIf(name, value string) {
	if value != "" {
		j.text(name, value)
	}
}

// string writes a text. The angle brackets of mail addresses stay readable, which
// json.Marshal would escape for HTML.
func (j *jsonText) string(s string) {
	if b, ok := appendPlain(append(*j, '"'), s); ok {
		*j = append(b, '"')
		return
	}
	text, _ := plainjson.Marshal(s) // a text can always be written
	*j = append(*j, text...)
}

// appendPlain writes a text, which must be ASCII without control characters.
func appendPlain(b []byte, s string) (text []byte, ok bool) {
	done := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c >= utf8.RuneSelf:
			return nil, false
		case c == '"' || c == '\\':
			b = append(append(b, s[done:i]...), '\\')
			done = i
		}
	}
	return append(b, s[done:]...), true
}

// number writes a member with a number that is finite.
func (j *jsonText) number(name string, v float64) {
	j.key(name)
	if abs := math.Abs(v); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		text, _ := json.Marshal(v) // with an exponent, in its own form
		*j = append(*j, text...)
		return
	}
	*j = strconv.AppendFloat(*j, v, 'f', -1, 64)
}

// time writes a member with a moment.
func (j *jsonText) time(name string, t time.Time) error {
	j.key(name)
	text, err := t.AppendText(append(*j, '"'))
	*j = append(text, '"')
	return err
}

// list writes a member with a list, if there is anything in it.
func list[T any](j *jsonText, name string, all []T, write func(T)) {
	if len(all) == 0 {
		return
	}
	j.key(name)
	j.put('[')
	for _, each := range all {
		j.next()
		write(each)
	}
	j.put(']')
}

// cause writes why something is not OK.
func (j *jsonText) cause(c *Cause, also []*Cause) {
	if c != nil {
		j.textIf("cause", c.Name)
		j.textIf("blame", string(c.Blame))
	}
	list(j, "causes", also, func(c *Cause) { j.string(c.Name) })
}

// result writes a whole result.
func (j *jsonText) result(r *Result) error {
	j.put('{')
	j.textIf("name", r.Name)
	j.text("check", r.Check)
	j.text("target", r.Target)
	j.textIf("address", r.Address)
	err := j.time("start", r.Start)
	j.number("elapsed", r.Elapsed.Seconds())
	j.text("status", r.Status.String())
	j.textIf("summary", r.Summary)
	j.cause(r.Cause, r.Also)
	if r.Refused {
		j.key("refused")
		*j = append(*j, "true"...)
	}
	if r.Silenced != nil {
		j.silenced(r.Silenced)
	}
	if r.Request != nil {
		j.request(r.Request)
	}
	list(j, "steps", r.Steps, j.step)
	if r.Transcript != nil {
		list(j, "transcript", r.Transcript.Lines(), j.string)
	}
	j.put('}')
	return err
}

// silenced writes why nothing bad is announced, which few results have.
func (j *jsonText) silenced(s *Silenced) {
	text, _ := plainjson.Marshal(s) // texts and a time of four digits for the year can always be written
	j.key("silenced")
	*j = append(*j, text...)
}

func (j *jsonText) request(r *Request) {
	j.key("request")
	j.put('{')
	j.text("target", r.Target)
	j.text("options", r.Options)
	if r.Results > 1 {
		j.number("results", float64(r.Results))
	}
	j.put('}')
}

func (j *jsonText) step(s Step) {
	j.put('{')
	j.text("name", s.Name)
	j.text("status", s.Status.String())
	j.number("elapsed", s.Elapsed.Seconds())
	j.textIf("detail", s.Detail)
	j.textIf("hint", s.Hint)
	j.cause(s.Cause, s.Also)
	j.textIf("item", s.Item)
	j.textIf("address", s.Address)
	j.textIf("group", s.Group)
	list(j, "fix", s.Fix, j.string)
	list(j, "facts", s.Facts, j.fact)
	j.put('}')
}

func (j *jsonText) fact(f Fact) {
	j.put('{')
	j.text("name", f.Name)
	j.text("text", f.Text)
	if f.Value != nil && !math.IsNaN(*f.Value) && !math.IsInf(*f.Value, 0) {
		j.number("value", *f.Value)
	}
	j.textIf("unit", string(f.Unit))
	j.textIf("role", string(f.Role))
	j.text("status", f.Status.String())
	j.put('}')
}
