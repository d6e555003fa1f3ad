package smtpcheck

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailprobe/probe"
	"mailprobe/transport"
)

// Parameters are those of MAIL and RCPT that ask for a service of an extension.
type Parameters struct {
	// SMTPUTF8 asks for internationalized mail (RFC 6531).
	SMTPUTF8 bool
	// DSN asks for delivery status notifications of success and failure (RFC 3461).
	DSN bool
	// Notify, Ret and EnvID are the details of delivery status notifications: of what there
	// is to be one (never, or success, failure, delay), how much of the message it returns
	// (full or hdrs), and the id of the envelope that it quotes. Empty for none.
	Notify     Notify
	Ret, EnvID string
	// PRDR asks for a verdict on the message for each recipient (draft-hall-prdr).
	PRDR bool
	// RequireTLS demands verified TLS of every server on the way (RFC 8689).
	RequireTLS bool
	// DeliverBy is the time in which the message must be delivered (RFC 2852).
	DeliverBy DeliverBy
	// Size declares a message of so many bytes (RFC 1870); 0 declares none.
	Size int64
}

// Declare returns the options of the parameters.
func (p *Parameters) Declare() []probe.Option {
	return []probe.Option{
		{Name: "smtputf8", Type: probe.TypeBool, Value: &p.SMTPUTF8, Usage: "ask for SMTPUTF8 in MAIL"},
		{Name: "dsn", Type: probe.TypeBool, Value: &p.DSN, Usage: "ask for delivery status notifications of success and failure"},
		{Name: "notify", List: true, Value: &p.Notify, Word: "WHEN,...", Choices: notifyWords(), Usage: "ask for delivery status notifications: of success, failure and delay, or never"},
		{Name: "ret", Type: probe.TypeChoice, Value: &p.Ret, Choices: []string{"full", "hdrs"}, Word: "full|hdrs", Usage: "have a notification return the full message, or its headers"},
		{Name: "envid", Value: &p.EnvID, Usage: "have a notification quote this `id` of the envelope"},
		{Name: "prdr", Type: probe.TypeBool, Value: &p.PRDR, Usage: "ask for a verdict on the message for each recipient"},
		{Name: "requiretls", Type: probe.TypeBool, Value: &p.RequireTLS, Usage: "demand verified TLS on the whole way; nothing is sent where it is not so from here"},
		{Name: "deliver-by", Value: &p.DeliverBy, Word: "TIME[;R|N]", Usage: "ask for delivery within a time such as 120, else to return the message (R) or to notify the sender (N)"},
		{Name: "size", Type: probe.TypeSize, Value: &p.Size, Usage: "declare a message of this `size` in MAIL, such as 9M or 9MiB"},
	}
}

// maxEnvID is how many characters an id of an envelope may have (RFC 3461 §4.4).
const maxEnvID = 100

// prepare checks the values. asked is set if MAIL will be sent.
func (p *Parameters) prepare(mode transport.Mode, asked bool) error {
	switch {
	case !asked && p.first() != "":
		return probe.OptionErrorf("%s needs a recipient: add %s ADDRESS", probe.OptionName(p.first()), probe.OptionName("to"))
	case strings.ContainsFunc(p.EnvID, func(r rune) bool { return r < ' ' || r > '~' }):
		return probe.OptionErrorf("%s %q has something else than printable ASCII in it (RFC 3461 §4.4)", probe.OptionName("envid"), p.EnvID)
	case len(xtext(p.EnvID)) > maxEnvID:
		return probe.OptionErrorf("%s has %d characters, %d are allowed (RFC 3461 §4.4)", probe.OptionName("envid"), len(xtext(p.EnvID)), maxEnvID)
	case p.DSN && len(p.Notify) > 0:
		return probe.OptionErrorf("%s is short for %s success,failure: leave out one of them", probe.OptionName("dsn"), probe.OptionName("notify"))
	case slices.Contains(p.Notify, "NEVER") && len(p.Notify) > 1:
		return probe.OptionErrorf("%s never excludes the others (RFC 3461 §4.1)", probe.OptionName("notify"))
	case p.RequireTLS && mode == transport.Off:
		return probe.OptionErrorf("%s needs TLS: leave out %s=off", probe.OptionName("requiretls"), probe.OptionName("tls"))
	}
	return nil
}

// first returns the name of an option that has an effect only with a recipient; empty where
// none is set.
func (p *Parameters) first() string {
	switch {
	case len(p.Notify) > 0:
		return "notify"
	case p.Ret != "":
		return "ret"
	case p.EnvID != "":
		return "envid"
	case p.PRDR:
		return "prdr"
	case p.RequireTLS:
		return "requiretls"
	case p.DeliverBy.Mode != "":
		return "deliver-by"
	}
	return ""
}

// wantsDSN reports whether anything of DSN was asked for.
func (p *Parameters) wantsDSN() bool {
	return p.DSN || len(p.Notify) > 0 || p.Ret != "" || p.EnvID != ""
}

// dsnOfMail returns the parameters of DSN for MAIL (RFC 3461 §4.3, §4.4).
func (p *Parameters) dsnOfMail() (words []string) {
	ret := p.Ret
	if ret == "" && p.DSN {
		ret = "hdrs"
	}
	if ret != "" {
		words = append(words, "RET="+strings.ToUpper(ret))
	}
	if p.EnvID != "" {
		words = append(words, "ENVID="+xtext(p.EnvID))
	}
	return words
}

// dsnOfRcpt returns those for RCPT (RFC 3461 §4.1).
func (p *Parameters) dsnOfRcpt() []string {
	notify := p.Notify
	if p.DSN {
		notify = Notify{"SUCCESS", "FAILURE"}
	}
	if len(notify) == 0 {
		return nil
	}
	return []string{"NOTIFY=" + strings.Join(notify, ",")}
}

// Notify are the events of which a sender wants a notification, in capitals.
type Notify []string

func notifyWords() []string { return []string{"never", "success", "failure", "delay"} }

// Set adds words that commas separate.
func (n *Notify) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		if !slices.Contains(notifyWords(), strings.ToLower(word)) {
			return fmt.Errorf("%q is none of %s", word, strings.Join(notifyWords(), ", "))
		}
		if word = strings.ToUpper(word); !slices.Contains(*n, word) {
			*n = append(*n, word)
		}
	}
	return nil
}

// String returns the words as Set reads them.
func (n *Notify) String() string { return strings.ToLower(strings.Join(*n, ",")) }

// DeliverBy is a time limit for the delivery of a message (RFC 2852 §4).
type DeliverBy struct {
	// Seconds may be negative in mode N: the time was over before.
	Seconds int
	// Mode is "R" to return a message that cannot be delivered in time, "N" to notify its
	// sender; empty for no limit.
	Mode string
}

// maxBySeconds is the largest time, of nine digits (RFC 2852 §4).
const maxBySeconds = 999_999_999

// Set reads TIME, TIME;R or TIME;N.
func (d *DeliverBy) Set(text string) error {
	number, mode, given := strings.Cut(text, ";")
	if mode = strings.ToUpper(mode); !given {
		mode = "R"
	}
	positive, negative := strings.CutPrefix(number, "-")
	span, err := probe.ParseDuration(positive)
	seconds := int(span / time.Second)
	if negative {
		seconds = -seconds
	}
	switch {
	case mode != "R" && mode != "N":
		return fmt.Errorf("%q ends in neither ;R, to return a late message, nor ;N, to notify its sender", text)
	case err != nil || span%time.Second != 0 || span/time.Second > maxBySeconds:
		return fmt.Errorf("%q does not begin with a number of seconds, such as 120;R", text)
	case mode == "R" && seconds <= 0:
		return fmt.Errorf("%q: a message that is to be returned needs a time of a second or more (RFC 2852 §4)", text)
	}
	*d = DeliverBy{seconds, mode}
	return nil
}

// String returns the limit as Set reads it, empty for none.
func (d *DeliverBy) String() string {
	if d.Mode == "" {
		return ""
	}
	return fmt.Sprintf("%d;%s", d.Seconds, d.Mode)
}

// xtext encodes a value of a parameter (RFC 3461 §4).
func xtext(value string) string {
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; c <= ' ' || c >= 0x7f || c == '+' || c == '=' {
			fmt.Fprintf(&b, "+%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// dsnParameters returns the parameters of DSN for MAIL.
func (w *walk) dsnParameters(*probe.Step) ([]string, error) {
	if !w.wantsDSN() {
		return nil, nil
	}
	return w.dsnOfMail(), w.needs("DSN", "delivery status notifications were asked for (RFC 3461)", CauseExtension)
}

// serviceParameters returns the other parameters of MAIL that ask for a service.
func (w *walk) serviceParameters(s *probe.Step) (words []string, err error) {
	if w.PRDR {
		if err := w.needs("PRDR", "a verdict for each recipient was asked for (draft-hall-prdr)", CauseExtension); err != nil {
			return nil, err
		}
		words = append(words, "PRDR")
	}
	if w.RequireTLS {
		if err := w.requiresTLS(); err != nil {
			return nil, err
		}
		words = append(words, "REQUIRETLS")
	}
	if w.DeliverBy.Mode != "" {
		if err := w.deliversBy(s); err != nil {
			return nil, err
		}
		words = append(words, "BY="+w.DeliverBy.String())
	}
	return words, nil
}

// requiresTLS returns an error unless REQUIRETLS may be asked for: over TLS, with a
// certificate that is verified, of a server that offers it (RFC 8689 §4.2.1).
func (w *walk) requiresTLS() error {
	if w.Conn.TLS() == nil {
		return probe.Because(CauseRequireTLS, errors.New("REQUIRETLS was asked for (RFC 8689), and the connection is not encrypted"))
	}
	if len(w.Faults) > 0 {
		return probe.Because(CauseRequireTLS, fmt.Errorf("REQUIRETLS was asked for (RFC 8689), and the server is not verified: %s", w.Faults[0].Text))
	}
	return w.needs("REQUIRETLS", "verified TLS on the whole way was asked for (RFC 8689)", CauseExtension)
}

// deliversBy returns an error if the server does not take the time limit: in mode R there
// is a least one (RFC 2852 §3).
func (w *walk) deliversBy(s *probe.Step) error {
	if err := w.needs("DELIVERBY", "delivery within a time was asked for (RFC 2852)", CauseExtension); err != nil {
		return err
	}
	least, err := strconv.Atoi(strings.Join(w.session.Extensions.Params("DELIVERBY"), " "))
	if err != nil || least <= 0 {
		return nil
	}
	s.Learn(probe.Duration("deliver_by_least", time.Duration(least)*time.Second))
	if w.DeliverBy.Mode == "R" && w.DeliverBy.Seconds < least {
		return probe.Because(probe.CauseUsage.Advise(fmt.Sprintf("give %d or more with --deliver-by, or ask for a notification with ;N", least)),
			fmt.Errorf("delivery within %d s was asked for, and the server promises none below %d s", w.DeliverBy.Seconds, least))
	}
	return nil
}

// originalRecipient returns the parameter by which a notification names the recipient as
// it was given (RFC 3461 §4.2). It is for addresses in ASCII only.
func (w *walk) originalRecipient(to string) []string {
	if !w.wantsDSN() || !isASCII(to) {
		return nil
	}
	return []string{"ORCPT=rfc822;" + xtext(to)}
}
