package pop3check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mailprobe/sasl"
)

// Mechanism is a way to log in: APOP, USER, or the name of a SASL mechanism, in
// capitals. Empty means the strongest that is offered.
type Mechanism string

// The ways to log in that are older than SASL (RFC 1939 §7).
const (
	APOP Mechanism = "APOP"
	User Mechanism = "USER"
)

// mechanisms are the names of all.
func mechanisms() []string {
	return append(sasl.Mechanisms(), string(APOP), string(User))
}

// Set reads a mechanism in any letter case.
func (m *Mechanism) Set(text string) error {
	name := strings.ToUpper(text)
	if !slices.Contains(mechanisms(), name) {
		return fmt.Errorf("it is none of %s", strings.ToLower(strings.Join(mechanisms(), ", ")))
	}
	*m = Mechanism(name)
	return nil
}

// String returns the name in capitals.
func (m *Mechanism) String() string { return string(*m) }

// Type names the value in a help text.
func (m *Mechanism) Type() string { return "MECHANISM" }

// Message is the number of a message in a session, from 1, or one of the words below.
type Message int

// What may stand for a number.
const (
	None   Message = 0
	Latest Message = -1
)

// Set reads a number, "latest" or "none".
func (m *Message) Set(text string) error {
	switch text {
	case "none":
		*m = None
	case "latest":
		*m = Latest
	default:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 1 {
			return fmt.Errorf(`it is none of "latest", "none" and a message's number, from 1`)
		}
		*m = Message(n)
	}
	return nil
}

// String returns what Set reads.
func (m *Message) String() string {
	switch *m {
	case None:
		return "none"
	case Latest:
		return "latest"
	}
	return strconv.Itoa(int(*m))
}

// Type names the value in a help text.
func (m *Message) Type() string { return "N|latest|none" }

// Glance is a look at the beginning of a message.
type Glance struct {
	// Message is which; None for no look at all.
	Message Message
	// Lines is how many lines of its body.
	Lines int
}

// Set reads "N=LINES" or "latest=LINES".
func (g *Glance) Set(text string) error {
	message, lines, ok := strings.Cut(text, "=")
	n, err := strconv.ParseUint(lines, 10, 31)
	var m Message
	if !ok || err != nil || m.Set(message) != nil || m == None {
		return fmt.Errorf(`it is not N=LINES such as "1=10" or "latest=0"`)
	}
	*g = Glance{m, int(n)}
	return nil
}

// String returns what Set reads, empty for no look.
func (g *Glance) String() string {
	if g.Message == None {
		return ""
	}
	return fmt.Sprintf("%s=%d", g.Message.String(), g.Lines)
}

// Type names the value in a help text.
func (g *Glance) Type() string { return "N=LINES" }
