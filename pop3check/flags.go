package pop3check

import (
	"fmt"
	"strconv"
	"strings"

	"mailprobe/sasl"
)

// mechanisms are the names of all ways to log in.
func mechanisms() []string { return append(sasl.Mechanisms(), sasl.APOP, sasl.User) }

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
			return fmt.Errorf("%q is none of latest, none and a message's number, from 1", text)
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
		return fmt.Errorf("%q is not N=LINES such as 1=10 or latest=0", text)
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
