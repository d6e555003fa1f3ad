package notify

import (
	"bytes"
	"encoding/json"
)

// unquoted reports whether a template makes JSON of plain texts, but not of texts with
// quotation marks: a server with such a banner could keep its own failure from being
// notified.
func (w *webhook) unquoted() bool {
	return w.body != nil && w.makesJSON("mx") && !w.makesJSON("a \"quoted\" \\ word\nand a line")
}

// makesJSON reports whether the template makes JSON of a message in which all texts are
// the same.
func (w *webhook) makesJSON(text string) bool {
	e := Event{
		Kind: Failure, Check: text, Sort: text, Target: text, Address: text, Group: text, Tags: []string{text},
		Summary: text, Earlier: text, Failed: []FailedStep{{Name: text, Detail: text}}, Cause: text, Causes: []string{text},
		Hint: text, Fine: []string{text}, Transcript: []string{text}, Incident: text,
	}
	var b bytes.Buffer
	m := &Message{ID: text, Host: text, Title: text, Subject: text, Text: text, Events: []Event{e}}
	return w.body.Execute(&b, m) == nil && json.Valid(b.Bytes())
}
