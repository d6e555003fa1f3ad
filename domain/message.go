package domain

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/idna"
)

// readMessage takes the keys from the signatures of a message (RFC 6376 §3.5).
func (c *Check) readMessage() error {
	in, err := c.openFile(c.Message, "message")
	if err != nil {
		return err
	}
	defer in.Close()
	fields, err := signatureFields(io.LimitReader(in, maxFile))
	if err != nil {
		return fmt.Errorf("%s: %w", c.Message, err)
	}
	read := 0
	for _, field := range fields {
		name, domain := signatureTag(field, "s"), signatureTag(field, "d")
		if !isHost(name) || !isHost(domain) {
			continue
		}
		read++
		if err := c.addKey(selector{name, domain}); err != nil {
			return fmt.Errorf("%s: %w", c.Message, err)
		}
	}
	if read == 0 {
		return fmt.Errorf("%s has no DKIM-Signature with d= and s=", c.Message)
	}
	return nil
}

// signatureFields returns the unfolded bodies of the DKIM-Signature fields in the header
// of a message. Its lines end in LF or CRLF, and it may begin with the "From " line that
// mailboxes have. Lines that are no field are left out: whether the message is valid is
// not for this program to say.
func signatureFields(in io.Reader) (fields []string, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxFile+1) // longer than all there is
	mine := false                // the field that goes on is a signature
	for lines.Scan() {
		line := string(bytes.TrimSuffix(lines.Bytes(), []byte{'\r'}))
		if line == "" {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			if mine {
				fields[len(fields)-1] += line
			}
			continue
		}
		name, body, found := strings.Cut(line, ":")
		if mine = found && strings.EqualFold(strings.TrimRight(name, " \t"), "DKIM-Signature"); mine {
			fields = append(fields, body)
		}
	}
	return fields, lines.Err()
}

// signatureTag is the value of a tag that is a name, without white space, in lower case
// and in ASCII.
func signatureTag(text, name string) string {
	for tag := range strings.SplitSeq(text, ";") {
		key, value, _ := strings.Cut(tag, "=")
		if strings.TrimSpace(key) != name {
			continue
		}
		value = plain(strings.Join(strings.Fields(value), ""))
		if ascii, err := idna.ToASCII(value); err == nil { // RFC 8616 §4
			return ascii
		}
		return value
	}
	return ""
}
