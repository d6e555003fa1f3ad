package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"mailprobe/probe"
)

// target is one target as it was given, or why it is none.
type target struct {
	probe.Target
	err error
}

// maxTargetLine is the longest line of targets that is read, in bytes.
const maxTargetLine = 64 << 10

// parseTargets reads the targets of the command line; "-" stands for those on
// standard input, which are read as they are needed. A bad argument is an error;
// a bad line becomes a result, so that the others are not lost. Where the flags
// name the target, it is the only one.
func parseTargets(check *probe.Check, args []string, stdin io.Reader) (iter.Seq[target], error) {
	if t, ok := check.Target(); ok {
		return func(yield func(target) bool) { yield(target{Target: t}) }, nil
	}
	kind := check.Kind
	given := make([]probe.Target, len(args))
	lines := 0
	for i, arg := range args {
		if arg == "-" {
			lines++
			continue
		}
		var err error
		if given[i], err = kind.ParseTarget(arg); err != nil {
			return nil, err
		}
	}
	if lines > 1 {
		return nil, fmt.Errorf("standard input can be read only once: give - once")
	}
	return func(yield func(target) bool) {
		for i, arg := range args {
			switch {
			case arg != "-":
				if !yield(target{Target: given[i]}) {
					return
				}
			case !readTargets(kind, stdin, yield):
				return
			}
		}
	}, nil
}

// readTargets yields the targets of a list, one a line, "#" begins a comment.
func readTargets(kind probe.Kind, in io.Reader, yield func(target) bool) bool {
	scanner := bufio.NewScanner(in)
	scanner.Buffer(nil, maxTargetLine)
	n := 0
	for scanner.Scan() {
		n++
		text, _, _ := strings.Cut(scanner.Text(), "#")
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		t, err := kind.ParseTarget(text)
		if err != nil {
			t.Text = fmt.Sprintf("line %d", n)
		}
		if !yield(target{t, err}) {
			return false
		}
	}
	if err := scanner.Err(); err != nil {
		return yield(target{probe.Target{Text: fmt.Sprintf("line %d", n+1)}, err})
	}
	return true
}

// check puts the check to the target.
func (t target) check(ctx context.Context, check *probe.Check) []*probe.Result {
	if t.err == nil {
		return check.Do(ctx, t.Target)
	}
	r := &probe.Result{
		Check: check.Kind.Name, Target: t.Text, Start: time.Now(),
		Summary: t.err.Error(),
		Steps:   []probe.Step{{Name: "target", Detail: t.err.Error(), Hint: "mend the line; the other targets were checked"}},
	}
	return []*probe.Result{r}
}
