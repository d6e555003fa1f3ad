package smtpcheck

import (
	"regexp"
	"strconv"
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

// maxPasted bounds a line that Diagnose looks at, in bytes.
const maxPasted = 16 << 10

// Diagnose names the cause of a server's reply, as it was said or as a bounce or a log
// quotes it: "550 5.1.1 ...", all lines of a longer one, the Diagnostic-Code of a
// delivery status notification (RFC 3464 §2.3.6), and the words in which Postfix, Exim,
// Sendmail, Exchange, qmail and Gmail quote a server. ok is false where there is no
// refusal in it.
func Diagnose(line string) (d probe.Diagnosis, ok bool) {
	line = line[:min(len(line), maxPasted)]
	r, ok := quotedReply(line)
	if !ok {
		return d, false
	}
	d.Said = r.String()
	d.Step = quotedStep(line)
	row := diagnose(d.Step, r)
	if first := row.Causes[0]; !first.Is(transport.CauseRefusedUnclear) {
		c, also := row.Cause()
		d.Causes = append([]*probe.Cause{c}, also...)
	}
	return d, true
}

// diagnose finds the row for a reply to a step. Where the step is not known they are
// tried in the order in which servers refuse, and the row that says most is taken: by
// words, then by a step of its own, then by the enhanced code.
func diagnose(step string, r Reply) *transport.Row {
	if step != "" {
		return table().Find(evidence(step, r))
	}
	var best *transport.Row
	score := -1
	named, likely := likelySteps(r)
	for i, step := range append(named, likely...) {
		row := table().Find(evidence(step, r))
		rank := telling(row)
		if i < len(named) {
			rank++
		}
		if rank > score {
			best, score = row, rank
		}
	}
	return best
}

// telling ranks rows by how much they go by.
func telling(row *transport.Row) int {
	switch {
	case row.Words != "":
		return 3
	case row.Steps != "":
		return 2
	case row.Enhanced != "" && row.Enhanced != "-":
		return 1
	}
	return 0
}

// likelySteps are those that a reply is about by its words or its code, and the others
// at which it may be said, the likeliest first. Some codes belong to AUTH alone (RFC 4954
// §6), some enhanced codes to the message (RFC 3463 §3.7, RFC 7372).
func likelySteps(r Reply) (named, likely []string) {
	switch r.Code {
	case 235, 334, 432, 435, 534, 535, 538:
		if ofSize().MatchString(r.Text()) { // Courier: 534 SIZE=Message too big.
			return []string{"mail"}, nil
		}
		return []string{"auth"}, nil
	}
	if ofMessage().MatchString(tableEnhanced(r)) {
		return []string{"message"}, []string{"rcpt", "mail"}
	}
	for _, about := range subjects {
		if about.words().MatchString(r.Text()) {
			named = append(named, about.step)
		}
	}
	switch {
	case r.Code == 521, r.Code == 421 && r.Enhanced == "":
		return named, []string{"greeting", "rcpt", "mail", "message", "ehlo"}
	case r.Code == 454:
		return named, []string{"auth", "rcpt", "mail", "message", "starttls", "greeting"}
	}
	return named, []string{"rcpt", "message", "mail", "greeting", "ehlo"}
}

// ofMessage are enhanced codes of what is in a message, or of its sender's domain.
var ofMessage = transport.Pattern(`^[45]\.(6\.\d+|7\.(7|2\d))$`)

// ofSize are words about the parameter SIZE of MAIL.
var ofSize = transport.Pattern(`(?i)\bSIZE=|\btoo (big|large)\b`)

// subjects are words by which a reply says what it is about, where no step is named.
var subjects = []struct {
	step  string
	words func() *regexp.Regexp
}{
	{"ehlo", transport.Pattern(`(?i)\b(EHLO|HELO|LHLO)\b`)},
	{"starttls", transport.Pattern(`(?i)^(\d\.\d\.\d )?TLS\b`)},
	{"auth", transport.Pattern(`(?i)\b(authenticat\w+|credentials?|passwords?|tokens?|AUTH|log-?in|sign in)\b`)},
	{"message", transport.Pattern(`(?i)\b(spam|virus|message|mail) (message|content|rejected|found|detected|contains)|\bDKIM\b|attachment`)},
}

// introductions are the words by which programs announce a server's reply.
var introductions = transport.Pattern(`(?i)\bsmtp; ?|\bsaid: ?|refused to talk to me: ?|refused to (?:send|give) .{0,40}?: ?|` +
	`after [^\n]{0,300}?: (?:SMTP )?|<<< ?|returned '|remote server returned:? ?'?|was: ?|response: ?"?|said ?:? ?"|error(?: was)?: ?"?`)

// inReply is a whole reply: its code, and what follows.
var inReply = transport.Pattern(`(?s)^['"<\s]*([45]\d\d)(?:[- ](.*))?$`)

// enhancedAlone is what remains of a reply whose code was left out.
var enhancedAlone = transport.Pattern(`(?s)^['"#<\s]*([245])(\.\d{1,3}\.\d{1,3}>?[;:]? .*)$`)

// quotedReply finds the reply in a pasted text: behind the last words that announce one,
// else at its beginning.
func quotedReply(text string) (r Reply, ok bool) {
	text = inTuple().ReplaceAllString(strings.TrimSpace(text), "said: $1 ")
	if wholeReply().MatchString(text) {
		return readPasted(text)
	}
	marks := introductions().FindAllStringIndex(text, -1)
	for _, mark := range marks {
		if r, ok := readPasted(text[mark[1]:]); ok {
			return r, true
		}
	}
	if r, ok := readPasted(text); ok {
		return r, true
	}
	if m := anywhereReply().FindStringIndex(text); m != nil {
		return readPasted(text[m[0]+1:])
	}
	return r, false
}

// wholeReply is a text that is a reply of its own, whatever it quotes.
var wholeReply = transport.Pattern(`^[45]\d\d [45]\.\d{1,3}\.\d{1,3} .*: unverified address: `)

// inTuple is how Python shows a reply: the code, a comma, and the words in quotes.
var inTuple = transport.Pattern(`\(([45]\d\d), b?['"]`)

// anywhereReply is a code and an enhanced status code in the middle of a text.
var anywhereReply = transport.Pattern(`[\s"'(:;]([45]\d\d)[- ][45]\.\d{1,3}\.\d{1,3}\b`)

// endings are how programs go on after what they quote.
var endings = transport.Pattern(` \(in reply to |\n>>> |' \(delivery|> #| \[\[|" \(| \(state |; (?:proto|from|to|client)=|'\)|\};\{|\nGiving up on |\n\s*\n`)

// readPasted reads a reply of one or several lines, as far as the words of the program
// that quotes it.
func readPasted(text string) (r Reply, ok bool) {
	if m := enhancedAlone().FindStringSubmatch(text); m != nil {
		text = m[1] + "50 " + m[1] + m[2]
	}
	m := inReply().FindStringSubmatch(text)
	if m == nil {
		return r, false
	}
	r.Code, _ = strconv.Atoi(m[1])
	said := unquote(endings().Split(m[2], 2)[0])
	for line := range strings.Lines(strings.ReplaceAll(said, `\n`, "\n")) {
		if r.Lines = append(r.Lines, lineText(line, m[1])); len(r.Lines) == maxReplyLines {
			break
		}
	}
	if len(r.Lines) > 0 {
		r.Enhanced = enhancedCode(r)
	}
	return lastAttempt(r), true
}

// expired is what a server says that gave a message up after days of attempts.
var expired = transport.Pattern(`(?i)message expired|retry time(out)? exceeded|delivery time expired`)

// lastAttempt is the reply to the last attempt that a reply quotes which says that there
// were too many: that has the reason.
func lastAttempt(r Reply) Reply {
	text := r.Text()
	if !expired().MatchString(text) {
		return r
	}
	marks := quotedWithin().FindAllStringIndex(text, -1)
	if len(marks) == 0 {
		return r
	}
	if quoted, ok := readPasted(strings.TrimRight(text[marks[len(marks)-1][0]+1:], ">")); ok {
		return quoted
	}
	return r
}

// quotedWithin is the beginning of a reply within another one.
var quotedWithin = transport.Pattern(`[<=;{ ][45]\d\d [45]\.\d{1,3}\.\d{1,3} `)

// unquote drops what closes a quotation that began before the reply.
func unquote(said string) string {
	said = strings.TrimRight(said, "'\" ")
	if strings.HasSuffix(said, ")") && strings.Count(said, ")") > strings.Count(said, "(") {
		said = said[:len(said)-1]
	}
	return said
}

// lineText is a line of a reply without its code, which bounces repeat or leave out.
func lineText(line, code string) string {
	line = strings.TrimSpace(line)
	line = strings.TrimSpace(strings.TrimPrefix(line, "<<<"))
	if rest, ok := strings.CutPrefix(line, code); ok && (rest == "" || rest[0] == '-' || rest[0] == ' ') {
		return strings.TrimSpace(strings.TrimPrefix(rest, "-"))
	}
	return line
}

// stepWords are how bounces and logs name the command that was refused.
var stepWords = []struct {
	step string
	said func() *regexp.Regexp
}{
	{"message", transport.Pattern(`(?i)in reply to end of DATA|after (end of data|sending data block|pipelined sending data block|DATA)|end of (data|message)`)},
	{"data", transport.Pattern(`(?i)in reply to DATA`)},
	{"rcpt", transport.Pattern(`(?i)(in reply to|after|>>>|response to) ?(pipelined )?RCPT`)},
	{"mail", transport.Pattern(`(?i)(in reply to|after|>>>|response to) ?(pipelined )?MAIL`)},
	{"auth", transport.Pattern(`(?i)(in reply to|after|>>>|response to) ?AUTH|SASL authentication failed`)},
	{"ehlo", transport.Pattern(`(?i)(in reply to|after|>>>|response to) ?(EHLO|HELO|LHLO)|my name was rejected`)},
	{"starttls", transport.Pattern(`(?i)(in reply to|after|>>>) ?STARTTLS|TLS is required, but host`)},
	{"greeting", transport.Pattern(`(?i)refused to talk to me|after initial connection|greeting failed|but greeting`)},
}

// quotedStep is the step of a check that a bounce or a log names, empty for none.
func quotedStep(text string) string {
	for _, w := range stepWords {
		if w.said().MatchString(text) {
			return w.step
		}
	}
	return ""
}

// commands are what the client says at a step; at the others it waits.
var commands = map[string]string{
	"ehlo": "EHLO probe.example.net", "lhlo": "LHLO probe.example.net", "helo": "HELO probe.example.net", "starttls": "STARTTLS",
	"auth": "AUTH PLAIN ***", "vrfy": "VRFY alice@example.org", "mail": "MAIL FROM:<bob@example.net>",
	"rcpt": "RCPT TO:<alice@example.org>", "data": "DATA", "message": ".", "quit": "QUIT",
}

// Examples are replies of real servers that have a cause.
func Examples(cause string) []probe.Example {
	return table().Examples(cause, commands)
}
