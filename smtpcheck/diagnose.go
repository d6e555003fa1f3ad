package smtpcheck

import (
	"regexp"
	"strconv"
	"strings"

	"mailprobe/probe"
	"mailprobe/transport"
)

// maxPasted bounds the length of a line for Diagnose, in bytes.
const maxPasted = 16 << 10

// Diagnose returns the causes of a server's reply, as it was said or as a bounce or a log
// quotes it: "550 5.1.1 ...", several lines, the Diagnostic-Code of a delivery status
// notification (RFC 3464 §2.3.6), and the forms in which Postfix, Exim, Sendmail,
// Exchange, qmail and Gmail quote a server. ok is false if the line contains no refusal.
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

// diagnose returns the row for a reply to a step. If the step is not known, the steps are
// tried in the order in which servers refuse, and the most specific row wins: by words,
// then by step, then by enhanced code.
func diagnose(step string, r Reply) *transport.Row {
	if step != "" {
		return table().Find(evidence(step, r))
	}
	var best *transport.Row
	score := -1
	named, likely := likelySteps(r)
	for i, step := range append(named, likely...) {
		row := table().Find(evidence(step, r))
		rank := specificity(row)
		if i < len(named) {
			rank++
		}
		if rank > score {
			best, score = row, rank
		}
	}
	return best
}

// specificity ranks rows by what they match on.
func specificity(row *transport.Row) int {
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

// likelySteps returns the steps that a reply names by its words or its code, and the
// others at which it may be said, likeliest first. Some codes belong to AUTH alone (RFC
// 4954 §6), some enhanced codes to the message (RFC 3463 §3.7, RFC 7372).
func likelySteps(r Reply) (named, likely []string) {
	switch r.Code {
	case 235, 334, 432, 435, 534, 535, 538:
		if ofSize().MatchString(r.Text()) { // Courier: 534 SIZE=Message too big.
			return []string{"mail"}, nil
		}
		return []string{"auth"}, nil
	}
	if r.Code == 530 { // RFC 3207 §4, RFC 4954 §6: TLS or a log-in is wanted before; STARTTLS is never answered so
		return []string{"mail"}, []string{"rcpt", "message", "auth"}
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

// ofMessage matches enhanced codes about a message's contents or its sender's domain.
var ofMessage = transport.Pattern(`^[45]\.(6\.\d+|7\.(7|2\d))$`)

// ofSize matches words about the SIZE parameter of MAIL.
var ofSize = transport.Pattern(`(?i)\bSIZE=|\btoo (big|large)\b`)

// subjects are words that show what a reply is about, if it names no step.
var subjects = []struct {
	step  string
	words func() *regexp.Regexp
}{
	{"ehlo", transport.Pattern(`(?i)\b(EHLO|HELO|LHLO)\b`)},
	{"starttls", transport.Pattern(`(?i)^(\d\.\d\.\d )?TLS\b`)},
	{"xforward", transport.Pattern(`(?i)\bXFORWARD\b|^5.7.0 Error: insufficient authorization`)},
	{"auth", transport.Pattern(`(?i)\b(authenticat\w+|credentials?|passwords?|tokens?|AUTH|log-?in|sign in)\b`)},
	{"message", transport.Pattern(`(?i)\b(spam|virus|message|mail) (message|content|rejected|found|detected|contains)|\bDKIM\b|attachment`)},
}

// introductions are the words that programs put before a server's reply.
var introductions = transport.Pattern(`(?i)\bsmtp; ?|\bsaid: ?|refused to talk to me: ?|refused to (?:send|give) .{0,40}?: ?|` +
	`after [^\n]{0,300}?: (?:SMTP )?|<<< ?|returned '|remote server returned:? ?'?|was: ?|response: ?"?|said ?:? ?"|error(?: was)?: ?"?`)

// inReply matches a whole reply: its code and text.
var inReply = transport.Pattern(`(?s)^['"<\s]*([45]\d\d)(?:[- ](.*))?$`)

// enhancedAlone matches a reply whose code was left out.
var enhancedAlone = transport.Pattern(`(?s)^['"#<\s]*([245])(\.\d{1,3}\.\d{1,3}>?[;:]? .*)$`)

// quotedReply finds the reply in a pasted text: after the last words that introduce one,
// or else at the beginning.
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

// wholeReply matches a reply that quotes another one and must be read as a whole.
var wholeReply = transport.Pattern(`^[45]\d\d [45]\.\d{1,3}\.\d{1,3} .*: unverified address: `)

// inTuple matches a reply as Python prints it: the code, a comma, and the text in quotes.
var inTuple = transport.Pattern(`\(([45]\d\d), b?['"]`)

// anywhereReply matches a code and an enhanced status code in the middle of a text.
var anywhereReply = transport.Pattern(`[\s"'(:;]([45]\d\d)[- ][45]\.\d{1,3}\.\d{1,3}\b`)

// endings match what programs write after the reply that they quote.
var endings = transport.Pattern(` \(in reply to |\n>>> |' \(delivery|> #| \[\[|" \(| \(state |; (?:proto|from|to|client)=|'\)|\};\{|\nGiving up on |\n\s*\n`)

// readPasted reads a reply of one or more lines, up to the words of the program that
// quotes it.
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

// expired matches the words of a server that gave up after days of attempts.
var expired = transport.Pattern(`(?i)message expired|retry time(out)? exceeded|delivery time expired`)

// lastAttempt returns the reply to the last attempt, which has the reason, if r quotes
// one in saying that there were too many.
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

// quotedWithin matches the beginning of a reply within another one.
var quotedWithin = transport.Pattern(`[<=;{ ][45]\d\d [45]\.\d{1,3}\.\d{1,3} `)

// unquote drops the end of a quotation that began before the reply.
func unquote(said string) string {
	said = strings.TrimRight(said, "'\" ")
	if strings.HasSuffix(said, ")") && strings.Count(said, ")") > strings.Count(said, "(") {
		said = said[:len(said)-1]
	}
	return said
}

// lineText returns a line of a reply without its code, which bounces repeat or leave out.
func lineText(line, code string) string {
	line = strings.TrimSpace(line)
	line = strings.TrimSpace(strings.TrimPrefix(line, "<<<"))
	if rest, ok := strings.CutPrefix(line, code); ok && (rest == "" || rest[0] == '-' || rest[0] == ' ') {
		return strings.TrimSpace(strings.TrimPrefix(rest, "-"))
	}
	return line
}

// stepWords are the ways in which bounces and logs name the refused command.
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

// quotedStep returns the step that a bounce or a log names, empty for none.
func quotedStep(text string) string {
	for _, w := range stepWords {
		if w.said().MatchString(text) {
			return w.step
		}
	}
	return ""
}

// commands are what the client sends at each step, if it speaks first there.
var commands = map[string]string{
	"ehlo": "EHLO probe.example.net", "lhlo": "LHLO probe.example.net", "helo": "HELO probe.example.net", "starttls": "STARTTLS",
	"auth": "AUTH PLAIN ***", "vrfy": "VRFY alice@example.org", "mail": "MAIL FROM:<bob@example.net>",
	"rcpt": "RCPT TO:<alice@example.org>", "data": "DATA", "message": ".", "quit": "QUIT",
}

// Examples returns replies of real servers that have a cause, and what was found of it in TLS.
func Examples(cause string) []probe.Example {
	return append(table().Examples(cause, commands), transport.TLSExamples(cause)...)
}
