package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"mailprobe/probe"
)

// The limits of what is pasted.
const (
	maxPasted    = 64 << 10 // bytes that are read
	maxDiagnoses = 20       // replies that are explained
)

// readPasted reads a text that a person pastes.
func readPasted(in io.Reader) (string, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxPasted+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("standard input: %w", err)
	case len(text) > maxPasted:
		return "", fmt.Errorf("standard input has more than %d KiB; paste the reply, or the lines of the bounce that quote it", maxPasted>>10)
	}
	return string(text), nil
}

// The beginnings of lines of replies.
var (
	smtpLine  = regexp.MustCompile(`^(?:<<< )?(\d{3})([- ])(?:(\d\.\d{1,3}\.\d{1,3})\s+)?(.*)$`)
	replyLine = regexp.MustCompile(`^(\d{3}[- ]|<<< |-ERR\b|\* |\S{1,20} (NO|BAD)\b)`)
)

// leadIn is a line that says what the reply on the next one answers: as Exim names the
// command, and as Sendmail quotes it.
var leadIn = regexp.MustCompile(`(?i)^>>> [A-Z]{4}|\bafter .{1,300}:$`)

// pastedLines makes one line of each reply in a text: of the lines of an SMTP reply,
// and of what a bounce has folded, whose further lines are indented. A reply has the line
// before it that names the command.
func pastedLines(text string) []string {
	var all []string
	more := ""      // the code of an SMTP reply that goes on
	folded := false // whether the last line may go on in an indented one
	for line := range strings.Lines(text) {
		bare := strings.TrimSpace(line)
		part := smtpLine.FindStringSubmatch(bare)
		switch {
		case bare == "":
			more, folded = "", false
			continue
		case part != nil && part[1] == more:
			all[len(all)-1] += " " + part[4]
			more = goesOn(part)
		case part != nil:
			all = appendReply(all, strings.Replace(bare, part[1]+"-", part[1]+" ", 1))
			more = goesOn(part)
		case folded && strings.ContainsAny(line[:1], " \t") && !replyLine.MatchString(bare):
			all[len(all)-1] += " " + bare
		default:
			all, more = append(all, bare), ""
		}
		folded = true
	}
	return all
}

// appendReply appends a reply, to the line before it if that leads in to it.
func appendReply(all []string, reply string) []string {
	if last := len(all) - 1; last >= 0 && leadIn.MatchString(all[last]) && !strings.Contains(all[last], " <<< ") {
		all[last] += " " + reply
		return all
	}
	return append(all, reply)
}

// goesOn returns the code of an SMTP reply of which this line is not the last.
func goesOn(part []string) string {
	if part[2] == "-" {
		return part[1]
	}
	return ""
}

// diagnosis is what a reply means to a kind of check.
type diagnosis struct {
	kind string
	probe.Diagnosis
}

// diagnose asks every kind what the replies in a text mean; the same reply is
// explained once.
func diagnose(kinds []probe.Kind, text string) []diagnosis {
	var all []diagnosis
	seen := map[string]bool{}
	for _, line := range pastedLines(text) {
		for _, k := range kinds {
			if k.Diagnose == nil || len(all) == maxDiagnoses {
				continue
			}
			d, ok := k.Diagnose(line)
			if key := k.Name + " " + d.Said; ok && !seen[key] {
				seen[key] = true
				all = append(all, diagnosis{k.Name, d})
			}
		}
	}
	return all
}
