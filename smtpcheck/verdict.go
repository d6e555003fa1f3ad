package smtpcheck

import (
	"strings"

	"mailprobe/probe"
)

// verdict grades a refusal and says what to do about it.
func verdict(step string, r Reply) (probe.Status, string) {
	if strings.HasPrefix(step, "rcpt") && (r.Code == 450 || r.Code == 451) {
		return probe.Warning, "the server may be greylisting: it accepts the same sender, recipient and address after some minutes; ask again then"
	}
	return probe.Critical, hint(step, r)
}

// hint explains a refusal by its enhanced status code (RFC 3463), which says more,
// else by the code and the step.
func hint(step string, r Reply) string {
	if h, ok := hintsByDetail()[detail(r.Enhanced)]; ok {
		return h
	}
	if h, ok := hintsByCode()[r.Code]; ok {
		return h
	}
	return hintByStep(step)
}

func hintByStep(step string) string {
	switch strings.TrimRight(step, "-0123456789") {
	case "greeting":
		return "the server refuses this host: see its access lists, its postscreen or DNS blocklists, and its log"
	case "ehlo", "helo", "ehlo-tls", "ehlo-xclient":
		return "the server does not like the name: give a full host name that resolves with --helo"
	case "mail":
		return "the server refuses the sender: give another with -f"
	case "rcpt":
		return "the server does not know the recipient, or does not relay to it: check the address, and whether a log-in is needed (-u)"
	case "message", "data":
		return "the server refuses the message by its content or size: see its text and its log"
	}
	return "see the server's text and its log"
}

// detail is an enhanced status code without its class.
func detail(enhanced string) string {
	_, rest, _ := strings.Cut(enhanced, ".")
	return rest
}

func hintsByDetail() map[string]string {
	return map[string]string{
		"1.1": "the mailbox does not exist: check the address, and the server's list of recipients",
		"1.8": "the sender's domain does not exist or takes no mail: give another with -f",
		"2.1": "the mailbox is disabled: enable the account",
		"2.2": "the mailbox is full: make room or raise its quota",
		"3.1": "the server's disk or queue is full: make room there",
		"3.4": "the message is larger than the server takes: see the fact size_limit",
		"4.5": "the server is overloaded: try again later",
		"7.8": "user name, password or token is wrong, or the account may not log in here",
		"7.9": "the mechanism is not enough for the server: choose another with --auth",
	}
}

func hintsByCode() map[int]string {
	return map[int]string{
		421: "the server closes the connection: it is shutting down, overloaded, or limits this host; try again later",
		432: "the password must be changed before this mechanism can be used",
		452: "the server is out of storage, or takes no more recipients at once: make room on its disk",
		454: "the server's log-in service is down for now: see whether its authentication daemon runs",
		503: "the server wants another order of commands: it may need a log-in first (-u)",
		504: "the server does not know this mechanism or parameter",
		521: "this host takes no mail (RFC 7504)",
		530: "the server wants TLS or a log-in first: use --tls=require, or -u",
		534: "the mechanism is too weak for the server: choose another with --auth",
		535: "user name, password or token is wrong, or the account may not log in here",
		538: "the mechanism needs TLS: use --tls=require",
		552: "the mailbox is full or the message too large: see the server's text",
	}
}
