package transport

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"mailprobe/internal/cut"
	"mailprobe/probe"
)

// Command is a line of the user's own, which is sent after a step.
type Command struct {
	// After is the name of the step.
	After string
	// Line is sent as it is, with the protocol's tag and line end added.
	Line string
}

// Commands are the lines of --command, in the order given.
type Commands []Command

// Set reads "STEP=LINE".
func (c *Commands) Set(text string) error {
	step, line, ok := strings.Cut(text, "=")
	if step = strings.ToLower(step); !ok || step == "" {
		return fmt.Errorf("%q is not STEP=LINE, such as greeting=NOOP", text)
	}
	*c = append(*c, Command{step, line})
	return nil
}

// String returns nothing: there are none by default.
func (c *Commands) String() string { return "" }

// CommandStep is the name of the first step that sends such a line; others have a number.
const CommandStep = "command"

// commandName is that of a protocol's option.
const commandName = probe.OptionName(CommandStep)

// Declare returns the option. steps are those of the protocol.
func (c *Commands) Declare(steps []string) []probe.Option {
	return []probe.Option{{Name: CommandStep, Type: probe.TypeMapping, List: true, Value: c, Choices: steps, Word: "STEP=LINE",
		Usage: "send a line of your own after a step, and read its answer, which --expect command=REGEX judges (repeatable)"}}
}

// Language is what a protocol permits in a line.
type Language struct {
	// Kind has the steps.
	Steps []string
	// Closed are the steps after which the server waits for no command: before the
	// greeting, within a message, or at the end.
	Closed []string
	// Longest is how many bytes a line may have without its end.
	Longest int
	// Taken are commands after which the walk could not go on, in capitals, each with the
	// option that does it.
	Taken map[string]probe.OptionName
	// Spoiling are commands that change what belongs to somebody, in capitals. Of a name of
	// two words both count.
	Spoiling []string
}

// Prepare checks the lines.
func (c Commands) Prepare(l Language) error {
	for _, each := range c {
		base := strings.TrimSuffix(strings.TrimRight(each.After, "0123456789"), "-")
		switch known := slices.Contains(l.Steps, each.After) || slices.Contains(l.Steps, base); {
		case !known:
			return probe.OptionErrorf("%s: there is no step %q; %s", commandName, each.After, probe.Meant(each.After, l.Steps, "the steps are "+strings.Join(l.Steps, ", ")))
		case slices.Contains(l.Closed, base):
			return probe.OptionErrorf("%s: the server waits for no command after %s", commandName, each.After)
		}
		if err := l.check(each.Line); err != nil {
			return err
		}
	}
	return nil
}

// check checks one line. What it quotes holds no argument of a command that logs in.
func (l Language) check(line string) error {
	verbs := strings.Fields(strings.ToUpper(line))
	if len(verbs) == 0 {
		return probe.OptionErrorf("%s: the line is empty", commandName)
	}
	option, taken := l.Taken[verbs[0]]
	switch {
	case taken && option == "":
		return probe.OptionErrorf("%s: after %s the session could not go on", commandName, verbs[0])
	case taken:
		return probe.OptionErrorf("%s: %s is for %s, as the session could not go on after it", commandName, verbs[0], option)
	case l.spoiling(verbs) != "":
		return probe.OptionErrorf("%s: %s would change the mailbox, which a check does not do", commandName, l.spoiling(verbs))
	case !utf8.ValidString(line) || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return probe.OptionErrorf("%s %q has a line break, a NUL or another control character in it", commandName, line)
	case len(line) > l.Longest:
		return probe.OptionErrorf("%s %.40q... has %d bytes, and a line may have %d", commandName, line, len(line), l.Longest)
	}
	return nil
}

// spoiling returns the name of a command that changes something, empty for none.
func (l Language) spoiling(verbs []string) string {
	for n := range min(len(verbs), 2) {
		if name := strings.Join(verbs[:n+1], " "); slices.Contains(l.Spoiling, name) {
			return name
		}
	}
	return ""
}

// CauseCommandRefused is the cause of a refused line of the user's own: whether the server
// should have accepted it is not known.
var CauseCommandRefused = &probe.Cause{
	Name: "command-refused", Blame: probe.BlameUnclear, Status: probe.Unknown,
	Meaning: "The server refused the line of --command.",
	Hint:    "where the refusal is right, say so with --expect command=REGEX; otherwise see the server's words",
	Source:  "--command",
}

// Interleave returns the steps with those of the commands after theirs. send sends a line
// and reads its answer. The last of the steps have those that never had their turn: they
// make the result Unknown.
func (l *Link) Interleave(commands Commands, steps []Step, send func(s *probe.Step, line string) error) []Step {
	var all, last []Step
	step := func(i int) Step {
		return Step{Name: probe.Numbered(CommandStep, i), Do: func(s *probe.Step) error { return send(s, commands[i].Line) }, Spares: IsRefusal}
	}
	for _, s := range steps {
		all = append(all, s)
		for i, c := range commands {
			if c.After != s.Name {
				continue
			}
			own := step(i)
			own.Due = func() bool { return l.Result.Step(s.Name) != nil }
			all = append(all, own)
		}
	}
	for i, c := range commands {
		missed := Step{Name: probe.Numbered(CommandStep, i), Do: func(s *probe.Step) error {
			s.RaiseFor(probe.CauseNotJudged.Advise("name a step that there is: without "+c.After+" nothing is sent after it"),
				fmt.Sprintf("not sent, as the step %s did not run", c.After))
			return nil
		}}
		missed.Due = func() bool { return l.Result.Step(missed.Name) == nil }
		last = append(last, missed)
	}
	return append(all, last...)
}

// maxLines is how many lines of an answer the detail of a step quotes.
const maxLines = 20

// Replied ends the step of a line of the user's own. said are the lines of the answer, as
// the transcript has them; of a refusal the error has the last.
func (l *Link) Replied(s *probe.Step, said []string, err error) error {
	switch {
	case errors.Is(err, ErrMidCommand):
		return probe.Because(probe.CauseUsage.Advise("give a command with --command that is answered at once"),
			fmt.Errorf("the server answered with \"%s\", and waits for more than a line", cut.Bytes(strings.Join(said, " "), maxQuoted)))
	case IsRefusal(err):
		quote(s, said[:max(len(said)-1, 0)])
		return probe.RefuseBecause(CauseCommandRefused, err)
	case err == nil:
		quote(s, said)
	}
	return err
}

// quote quotes lines in the detail: of many the first, and the last.
func quote(s *probe.Step, lines []string) {
	for i, line := range lines {
		switch last := len(lines) - 1; {
		case i == last || i < maxLines:
			s.Say(`"` + cut.Bytes(line, maxQuoted) + `"`)
		case i == maxLines:
			s.Say(fmt.Sprintf("%s more", probe.Count(last-maxLines, "line")))
		}
	}
}
