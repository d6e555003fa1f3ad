package delivery

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mailprobe/imapcheck"
	"mailprobe/internal/cut"
	"mailprobe/probe"
	"mailprobe/search"
)

// maxJunk bounds how many mailboxes for junk are looked at.
const maxJunk = 8

// prepareJunk checks the names of the mailboxes for junk.
func (c *Check) prepareJunk(protocol int) error {
	option := probe.OptionName("junk")
	if len(c.Junk) > 0 && protocol == 0 {
		return probe.OptionErrorf("%s needs IMAP, as POP3 shows the inbox alone: name the server by imaps:// or imap:// in %s", option, probe.OptionName("fetch"))
	}
	if len(c.Junk) > maxJunk {
		return probe.OptionErrorf("%s: %d mailboxes are more than the %d that are looked at", option, len(c.Junk), maxJunk)
	}
	for i, name := range c.Junk {
		switch {
		case !imapcheck.IsMailboxName(name):
			return probe.OptionErrorf("%s %q is not the name of a mailbox such as Junk", option, name)
		case slices.Contains(c.Junk[:i], name):
			return probe.OptionErrorf("%s %q is given twice", option, name)
		case name == c.imap.Mailbox || strings.EqualFold(name, "INBOX") && strings.EqualFold(c.imap.Mailbox, "INBOX"):
			return probe.OptionErrorf("%s %q is the mailbox in which the message should arrive", option, name)
		}
	}
	return nil
}

// reportJunk reports a message that arrived in a mailbox for junk.
func reportJunk(s *probe.Step, what string, m message) {
	if m.junk == "" {
		return
	}
	s.Learn(probe.Text("junk", clip(m.junk)))
	s.RaiseFor(CauseJunk, fmt.Sprintf("%s arrived in %q", what, m.junk))
}

// inJunk reports whether the message arrived in a mailbox for junk.
func (w *walk) inJunk() bool { return len(w.found) > 0 && w.found[0].junk != "" }

// filterFields are the fields in which filters say what they think of a message, with the
// facts they become: of SpamAssassin; of rspamd; of Exchange and Microsoft 365; and of
// the servers that check the sender (RFC 8601).
var filterFields = []struct{ field, fact string }{
	{"X-Spam-Status", "spam_status"},
	{"X-Spam-Score", "spam_score_field"},
	{"X-Spam-Report", "spam_report"},
	{"X-Spamd-Result", "spamd_result"},
	{"X-Rspamd-Action", "rspamd_action"},
	{"X-MS-Exchange-Organization-SCL", "scl"},
	{"X-Forefront-Antispam-Report", "forefront"},
	{"X-Microsoft-Antispam", "microsoft_antispam"},
	{"Authentication-Results", "authentication_results"},
}

// maxEvidence is how many bytes of a filter's field become a fact: tests that matched are
// a long list.
const maxEvidence = 500

// reportFilter reports the fields of filters in a message that they took for spam.
func reportFilter(s *probe.Step, h search.Header) {
	for _, f := range filterFields {
		value := cut.Bytes(strings.Join(strings.Fields(h.Get(f.field)), " "), maxEvidence)
		if value == "" {
			continue
		}
		if n, err := strconv.ParseFloat(value, 64); err == nil && f.fact == "scl" {
			s.Learn(probe.Number(f.fact, n, probe.None))
		} else {
			s.Learn(probe.Text(f.fact, value))
		}
		s.Say(fmt.Sprintf("%s: %s", f.field, value))
	}
}
