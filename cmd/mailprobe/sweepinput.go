package main

import (
	"context"
	"io"
	"iter"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"mailprobe/icmp"
	"mailprobe/pingcheck"
	"mailprobe/probe"
)

// lookupsAtOnce is how many names are looked up side by side.
const lookupsAtOnce = 64

// sweepInput turns the arguments of a sweep into addresses. Ranges are yielded in order;
// names are looked up concurrently, and yielded as they are found.
type sweepInput struct {
	check *probe.Check
	part  *portion
	stdin io.Reader
	named string // the arguments

	mu     sync.Mutex // a sweep reads addresses beside what it does with them
	labels map[netip.Addr][]label
	failed []lookup
	some   atomic.Bool // there was a target
}

// A lookup is a host and the result of looking up its name.
type lookup struct {
	target probe.Target
	label  *label
	addrs  []netip.Addr
	err    error
}

func newSweepInput(check *probe.Check, part *portion, stdin io.Reader) *sweepInput {
	return &sweepInput{check: check, part: part, stdin: stdin, labels: map[netip.Addr][]label{}}
}

// take returns and removes the label of an address; ok is false if it has none. Each of
// several labels of one address is returned once.
func (in *sweepInput) take(addr netip.Addr) (l label, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	all := in.labels[addr]
	switch len(all) {
	case 0:
		return label{}, false
	case 1:
		delete(in.labels, addr)
	default:
		in.labels[addr] = all[1:]
	}
	return all[0], true
}

// failures returns and removes the lines without an address.
func (in *sweepInput) failures() []lookup {
	in.mu.Lock()
	defer in.mu.Unlock()
	failed := in.failed
	in.failed = nil
	return failed
}

func (in *sweepInput) fail(l lookup) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.failed = append(in.failed, l)
}

// addresses yields those of all arguments.
func (in *sweepInput) addresses(ctx context.Context, args []string) iter.Seq[netip.Addr] {
	in.named = strings.Join(args, " ")
	return func(yield func(netip.Addr) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		w := wanted{sweepInput: in, ctx: ctx, found: make(chan lookup, lookupsAtOnce), yield: yield}
		w.list.words = true
		blocks := in.read(ctx, args)
		for blocks != nil || w.going > 0 {
			goOn := true
			select {
			case b, ok := <-blocks:
				if !ok {
					blocks = nil
				}
				goOn = w.all(b)
			case l := <-w.found:
				goOn = w.give(l)
			case <-ctx.Done():
				return
			}
			if !goOn {
				return
			}
		}
	}
}

// read reads the lines of all arguments beside the look-ups, for a list may come as
// slowly as somebody types.
func (in *sweepInput) read(ctx context.Context, args []string) <-chan lineBlock {
	blocks := make(chan lineBlock, 1)
	put := func(b lineBlock) bool {
		select {
		case blocks <- b:
			return true
		case <-ctx.Done():
			return false
		}
	}
	go func() {
		defer close(blocks)
		for _, arg := range args {
			if arg != "-" {
				if !put(lineBlock{text: arg}) {
					return
				}
				continue
			}
			r := newLineReader(in.stdin)
			for b, ok := r.next(); ok; b, ok = r.next() {
				if !put(b) {
					return
				}
			}
		}
	}()
	return blocks
}

// wanted are the look-ups that go on, and where their addresses go.
type wanted struct {
	*sweepInput
	ctx   context.Context
	list  listReader
	going int
	found chan lookup
	yield func(netip.Addr) bool
}

// all yields the addresses of lines, those of names later.
func (w *wanted) all(b lineBlock) bool {
	for l := range b.lines() {
		if !w.one(l) {
			return false
		}
	}
	return true
}

func (w *wanted) one(line listLine) bool {
	w.some.Store(true)
	if addr, err := netip.ParseAddr(line.text); err == nil && line.err == nil {
		w.list.begun = true
		return w.address(addr)
	}
	line.text = strings.Clone(line.text) // which shall not keep the whole block
	host, beside, ok, err := w.list.entry(line)
	switch {
	case !ok:
		return true
	case err != nil:
		return w.bad(lineTarget(line.number), err)
	}
	r, ok, err := pingcheck.ParseRange(host)
	if ok {
		return w.span(r, beside)
	}
	t := probe.Target{Text: host}
	if err == nil {
		t, err = w.check.Kind.ParseTarget(host)
		t.Text = host
	}
	if err != nil {
		return w.bad(t, err)
	}
	if !w.part.takes(t.Canonical()) {
		return true
	}
	return w.begin(lookup{target: t, label: beside})
}

// address yields one that stands for itself, if it is to be asked.
func (w *wanted) address(addr netip.Addr) bool {
	if !w.part.whole() && !w.part.takes(addr.Unmap().String()) {
		return true
	}
	return w.yield(addr)
}

// bad keeps what is no target.
func (w *wanted) bad(t probe.Target, err error) bool {
	if w.part.takes(target{Target: t, err: err}.canonical()) {
		w.fail(lookup{target: t, err: badTarget(err)})
	}
	return true
}

// span yields the addresses of a range.
func (w *wanted) span(r icmp.Range, beside *label) bool {
	for addr := range r.Addrs() {
		if !w.part.whole() && !w.part.takes(addr.Unmap().String()) {
			continue
		}
		if beside != nil {
			w.name(addr, label{text: addr.String() + strings.TrimPrefix(beside.text, firstWord(beside.text)), name: beside.name, tag: beside.tag})
		}
		if !w.yield(addr) {
			return false
		}
	}
	return true
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(text, " ")
	return word
}

// begin starts the look-up of a name, once fewer than lookupsAtOnce are running.
func (w *wanted) begin(l lookup) bool {
	for w.going >= lookupsAtOnce {
		select {
		case done := <-w.found:
			if !w.give(done) {
				return false
			}
		case <-w.ctx.Done():
			return false
		}
	}
	w.going++
	go func() {
		l.addrs, l.err = w.check.Options.Addresses(w.ctx, l.target)
		w.found <- l
	}()
	return true
}

// give yields what a look-up found.
func (w *wanted) give(l lookup) bool {
	w.going--
	if l.err != nil {
		w.fail(l)
		return true
	}
	if !w.check.Options.AllAddresses {
		l.addrs = l.addrs[:1]
	}
	named := label{text: l.target.Text}
	if l.label != nil {
		named = *l.label
	}
	named.of = len(l.addrs)
	for _, addr := range l.addrs {
		w.name(addr, named)
		if !w.yield(addr) {
			return false
		}
	}
	return true
}

// name stores the label of an address until it is shown.
func (in *sweepInput) name(addr netip.Addr, l label) {
	in.mu.Lock()
	defer in.mu.Unlock()
	addr = addr.Unmap()
	in.labels[addr] = append(in.labels[addr], l)
}
