package delivery

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"mailprobe/probe"
	"mailprobe/search"
	"mailprobe/smtpcheck"
)

// report is a delivery status notification (RFC 3464).
type report struct {
	// By is the server that wrote the report, Remote the one that had refused the
	// message.
	By, Remote string
	// Recipient is the recipient, Action what happened to the message ("failed",
	// "delayed"), Status an enhanced status code, Diagnostic a server's reply.
	Recipient, Action, Status, Diagnostic string
	// Returned is the header of the message.
	Returned search.Header
}

// bounce is a report on the message of the run.
type bounce struct{ report }

// isReport reports, by its header, whether a message is a delivery status notification.
func isReport(h search.Header) bool {
	kind, parameters, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == "multipart/report" && strings.EqualFold(parameters["report-type"], "delivery-status")
}

// maxParts bounds the parts of a report that are read.
const maxParts = 8

// parseReport reads a report, which may be incomplete.
func parseReport(text []byte) (report, bool) {
	head, body := splitMessage(text)
	h := parseHeader(head)
	_, parameters, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || !isReport(h) || parameters["boundary"] == "" {
		return report{}, false
	}
	var r report
	parts := multipart.NewReader(bytes.NewReader(body), parameters["boundary"])
	for range maxParts {
		part, err := parts.NextRawPart()
		if err != nil {
			break
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		content, _ := io.ReadAll(io.LimitReader(part, maxPeek))
		switch strings.ToLower(kind) {
		case "message/delivery-status", "message/global-delivery-status":
			r.readStatus(content)
		case "message/rfc822", "message/global", "message/rfc822-headers", "text/rfc822-headers", "message/global-headers":
			r.Returned = parseHeader(content)
		}
	}
	return r, r.Action != ""
}

// readStatus reads the groups of fields: the first is about the message, each other about
// one recipient (RFC 3464 §2.1). A failure has precedence.
func (r *report) readStatus(text []byte) {
	text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	for i, group := range bytes.Split(bytes.TrimSpace(text), []byte("\n\n")) {
		fields := parseHeader(bytes.TrimLeft(group, "\n"))
		if i == 0 {
			r.By = typed(fields.Get("Reporting-MTA"))
		}
		action := strings.ToLower(fields.Get("Action"))
		if action == "" || r.Action == "failed" {
			continue
		}
		r.Action, r.Status = action, fields.Get("Status")
		r.Recipient = typed(cmp.Or(fields.Get("Original-Recipient"), fields.Get("Final-Recipient")))
		r.Diagnostic, r.Remote = typed(fields.Get("Diagnostic-Code")), typed(fields.Get("Remote-MTA"))
	}
}

// typed returns a value without its type, as in "rfc822; alice@example.org".
func typed(value string) string {
	_, text, ok := strings.Cut(value, ";")
	if !ok {
		return value
	}
	return strings.TrimSpace(text)
}

// reportIn reads a report, and the run whose proof is in the returned header.
func (w *walk) reportIn(m message) (r report, about run, proven bool, err error) {
	text, err := w.box.peek(m)
	if err != nil {
		return r, about, false, err
	}
	r, ok := parseReport(text)
	about, proven = provenRun(r.Returned, w.key)
	return r, about, ok && proven, nil
}

// lookIntoReport checks whether a report is about the run's message, and then removes it
// as the message would be.
func (v *watch) lookIntoReport(m message) error {
	r, about, proven, err := v.reportIn(m)
	if err != nil || !proven || about.Token != v.run.Token {
		return err
	}
	if r.Action == "failed" {
		v.bounce = &bounce{r}
	} else {
		v.failed = append(v.failed, fmt.Sprintf("%s reports %q: %q", r.By, r.Action, cmp.Or(r.Diagnostic, r.Status)))
	}
	if v.Keep {
		return nil
	}
	return v.box.remove(m)
}

// bounced ends the step for a message that was returned.
func (v *watch) bounced(s *probe.Step) error {
	b := v.bounce
	s.Learn(
		probe.Text("bounce_status", cmp.Or(b.Status, "none")),
		probe.Text("bounce_diagnostic", cmp.Or(b.Diagnostic, "none")),
		probe.Text("bounce_by", cmp.Or(b.By, "unknown")),
	)
	tolerate(s, v.forget())
	cause, also := b.causes()
	return probe.Because(cause, errors.New("the message came back: "+b.words(v.To)), also...)
}

// causes returns CauseBounced, and what the words of the refusing server mean.
func (r report) causes() (bounced *probe.Cause, also []*probe.Cause) {
	diagnose := smtpcheck.Kind().Diagnose
	if diagnose == nil {
		return CauseBounced, nil
	}
	d, _ := diagnose(r.Diagnostic)
	return bouncedFor(d.Causes)
}

// bouncedFor returns the cause of a bounce, given the causes of the refusal, with the
// hint of the first if that is for the refusing server. What "the sender" has to change
// concerns the server that had the message.
func bouncedFor(why []*probe.Cause) (bounced *probe.Cause, also []*probe.Cause) {
	if len(why) > 0 && (why[0].Blame == probe.BlameAccount || why[0].Blame == probe.BlameServer) {
		return CauseBounced.Advise(why[0].Hint + "; " + CauseBounced.Hint), why
	}
	return CauseBounced, why
}

// words says who could not deliver a message, and why.
func (r report) words(to string) string {
	who := cmp.Or(r.By, "a server")
	if r.Remote != "" && r.Remote != r.By {
		who += ", to which " + r.Remote + " had said so,"
	}
	return fmt.Sprintf("%s could not deliver it to %s: %q", who, cmp.Or(r.Recipient, to), cmp.Or(r.Diagnostic, r.Status))
}
