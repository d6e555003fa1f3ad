package compose

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/emersion/go-message/mail"

	"mailprobe/probe"
)

// field is a header field.
type field struct {
	name string
	raw  []byte // with its CRLF, as it is written
}

// addressFields are those whose value is a list of addresses (RFC 5322 §3.6), in which only
// names can be encoded.
var addressFields = []string{"from", "to", "cc", "bcc", "reply-to", "sender", "resent-from", "resent-to", "resent-cc", "resent-sender"}

// prepareFields checks and encodes the fields that were given.
func (d *Draft) prepareFields(*probe.Options) error {
	d.fields = nil
	if d.Subject != "" {
		if strings.ContainsAny(d.Subject, "\r\n\x00") {
			return probe.OptionErrorf("%s has a line break or NUL in it", probe.OptionName("subject"))
		}
		d.fields = append(d.fields, newField("Subject", d.Subject))
	}
	for _, text := range d.Headers {
		name, value, err := parseField(text)
		if err != nil {
			return probe.OptionErrorf("%s %w", probe.OptionName("header"), err)
		}
		if d.Subject != "" && strings.EqualFold(name, "Subject") {
			return probe.OptionErrorf("%s and a %s named Subject exclude each other", probe.OptionName("subject"), probe.OptionName("header"))
		}
		d.fields = append(d.fields, newField(name, value))
	}
	return nil
}

// longestEncodedName is how long the name of a field with encoded words can be: with its colon,
// a blank and one character more it fills the 76 of RFC 2047 §2.
const longestEncodedName = 73

// parseField reads "Name: value" (RFC 5322 §2.2).
func parseField(text string) (name, value string, err error) {
	name, value, ok := strings.Cut(text, ":")
	bad := strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f })
	switch {
	case !ok || name == "" || bad || strings.ContainsAny(text, "\r\n\x00"):
		return "", "", fmt.Errorf("%q is not \"Name: value\" on one line", text)
	case len(text) > LongestLine:
		return "", "", fmt.Errorf("%.40q... is longer than a line can be", text)
	}
	value = strings.TrimSpace(value)
	if !isASCII(value) && len(name) > longestEncodedName {
		return "", "", fmt.Errorf("%.40q... has a name of %d characters: beside encoded words, which letters beyond ASCII need, at most %d have room in a line", text, len(name), longestEncodedName)
	}
	return name, value, nil
}

// newField makes a field: as it is given where it is in ASCII, else encoded (RFC 2047).
func newField(name, value string) field {
	if isASCII(value) {
		return field{name, []byte(name + ": " + value + "\r\n")}
	}
	var h mail.Header
	list, err := mail.ParseAddressList(value)
	if isAddresses(name) && err == nil {
		h.SetAddressList(name, list)
	} else {
		h.SetText(name, value)
	}
	raw, err := h.Raw(name)
	if err != nil {
		raw = []byte(name + ": " + strings.ToValidUTF8(value, "\ufffd") + "\r\n")
	}
	return field{name, raw}
}

func isAddresses(name string) bool {
	for _, known := range addressFields {
		if strings.EqualFold(name, known) {
			return true
		}
	}
	return false
}

// replaceFields returns a header, which may end in its empty line, with fields replaced:
// the first of a name by all that are given of it, the others by nothing. Fields that
// are not there come to its end. The rest stays as it is.
func replaceFields(head []byte, fields []field) ([]byte, error) {
	if len(fields) == 0 {
		return head, nil
	}
	var out bytes.Buffer
	var written []string
	for i, each := range splitFields(head) {
		name := fieldName(each)
		switch {
		case len(bytes.TrimRight(each, "\r\n")) == 0: // the empty line
			appendMissing(&out, fields, &written)
			out.Write(each)
			return out.Bytes(), nil
		case name == "" && i == 0 && !bytes.HasPrefix(each, []byte("From ")):
			return nil, fmt.Errorf("the message begins with %.60q, which is no header field: without a header no field can be replaced", bytes.TrimRight(each, "\r\n"))
		case name == "" || !writeFields(&out, fields, name, &written):
			out.Write(each)
		}
	}
	appendMissing(&out, fields, &written)
	return out.Bytes(), nil
}

// writeFields writes the fields of a name, unless they are written, and reports whether
// there are any.
func writeFields(out *bytes.Buffer, fields []field, name string, written *[]string) bool {
	for _, done := range *written {
		if strings.EqualFold(done, name) {
			return true
		}
	}
	found := false
	for _, f := range fields {
		if strings.EqualFold(f.name, name) {
			out.Write(f.raw)
			found = true
		}
	}
	if found {
		*written = append(*written, name)
	}
	return found
}

// appendMissing writes the fields that are not written yet.
func appendMissing(out *bytes.Buffer, fields []field, written *[]string) {
	for _, f := range fields {
		writeFields(out, fields, f.name, written)
	}
}

// splitFields splits a header into its fields, each with the lines that continue it (RFC
// 5322 §2.2.3), and the empty line.
func splitFields(head []byte) (all [][]byte) {
	begin, end := 0, 0
	for line := range bytes.Lines(head) {
		if end > begin && line[0] != ' ' && line[0] != '\t' {
			all = append(all, head[begin:end])
			begin = end
		}
		end += len(line)
	}
	if end > begin {
		all = append(all, head[begin:end])
	}
	return all
}

// fieldName returns the name of a field, empty where it is none. A blank before the colon
// is obsolete (RFC 5322 §4.5).
func fieldName(text []byte) string {
	name, _, ok := bytes.Cut(text, []byte(":"))
	name = bytes.TrimRight(name, " \t")
	if !ok || bytes.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return ""
	}
	return string(name)
}
