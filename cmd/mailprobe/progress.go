package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"mailprobe/internal/report"
)

// hanging is the time after which a running step is shown.
const hanging = time.Second

// progress is a status line on a terminal: how many targets are done, and which step has
// been running for longer than hanging. clear erases the line before a result is printed;
// advance allows it again.
type progress struct {
	w      io.Writer
	counts bool // show how many are done
	done   int
	of     int // 0 if unknown

	mu      sync.Mutex
	held    bool // results are being printed
	shown   bool
	timer   *time.Timer
	running []*runningStep // the oldest first
}

// runningStep is a step that has not ended.
type runningStep struct {
	target, step string
	begin        time.Time
}

// progress returns the status line of a command.
func (a *app) progress(o output) *progress {
	if !obedient(a.stderr) || o.made != nil {
		return &progress{w: io.Discard}
	}
	return &progress{w: a.stderr, counts: !o.streams()}
}

// streams reports whether results are printed one by one.
func (o *output) streams() bool {
	return o.format == "json" || o.format == "jsonl" || o.format == "transcript" || o.isPlugin()
}

// clear erases the line until advance is called.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = true
	p.draw()
}

// advance counts one more target and shows the line.
func (p *progress) advance() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	p.held = false
	p.draw()
}

// set sets the counts and shows the line.
func (p *progress) set(done, all int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done, p.of = done, all
	p.draw()
}

// watch implements probe.Options.Watch.
func (p *progress) watch(target, step string) (ended func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &runningStep{target, step, time.Now()}
	p.running = append(p.running, s)
	if len(p.running) == 1 {
		p.timer = time.AfterFunc(hanging, p.tick)
	}
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.running = slices.DeleteFunc(p.running, func(r *runningStep) bool { return r == s })
		if len(p.running) == 0 {
			p.timer.Stop()
		}
		if p.shown {
			p.draw()
		}
	}
}

// tick updates the line each time the oldest step has run for another second.
func (p *progress) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.running) == 0 {
		return
	}
	p.draw()
	age := time.Since(p.running[0].begin)
	p.timer.Reset(hanging - age%hanging)
}

// draw erases the line and shows it again as it is now.
func (p *progress) draw() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
		p.shown = false
	}
	if text := p.text(); text != "" && !p.held {
		fmt.Fprint(p.w, text)
		p.shown = true
	}
}

// text returns the line, empty for none.
func (p *progress) text() string {
	var parts []string
	if p.counts && p.done > 0 && (p.of > 0 || len(p.running) > 0) {
		of := ""
		if p.of > 0 {
			of = fmt.Sprintf(" of %d", p.of)
		}
		parts = append(parts, fmt.Sprintf("%d%s done", p.done, of))
	}
	if hangs := p.hangs(); hangs != "" {
		parts = append(parts, hangs)
	}
	return p.fit(strings.Join(parts, "; "))
}

// hangs describes the oldest step if it has been running for longer than hanging.
func (p *progress) hangs() string {
	if len(p.running) == 0 {
		return ""
	}
	oldest := p.running[0]
	age := time.Since(oldest.begin)
	if age < hanging {
		return ""
	}
	return fmt.Sprintf("%s: step %s, %d s so far", report.Clean(oldest.target), oldest.step, age/time.Second)
}

// fit cuts a text to the width of the terminal: a line that wraps cannot be erased.
func (p *progress) fit(text string) string {
	fd, ok := terminal(p.w)
	if !ok || text == "" {
		return text
	}
	columns, _, _ := term.GetSize(fd)
	return report.Wrap(text, cmp.Or(columns, 80)-1, 1)[0]
}
