package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"mailprobe/icmp"
	"mailprobe/internal/report"
	"mailprobe/pingcheck"
	"mailprobe/probe"
)

// traceWatch is the command `trace` on a terminal: the whole screen shows the route as it
// changes, and the result follows at its end.
type traceWatch struct {
	*app
	check  *probe.Check
	out    *output
	tracer pingcheck.Tracer
	on     bool
}

// watchInterval is the time between rounds where none was asked for: routers limit how
// often they answer.
const watchInterval = "1s"

// extend adds the flag and the way of the command.
func (w *traceWatch) extend(cmd *cobra.Command) {
	plain, flags := cmd.RunE, cmd.Flags()
	bindOptions(flags, []probe.Option{{Name: "watch", Type: probe.TypeBool, Value: &w.on, Usage: "show the path on the whole terminal as it changes, until q is pressed"}})
	cmd.Example += "\n  mailprobe trace --watch mx.example.org"
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !w.on {
			return plain(cmd, args)
		}
		for name, value := range map[string]string{"count": "0", "interval": watchInterval} {
			if flags.Changed(name) {
				continue
			}
			if err := flags.Set(name, value); err != nil {
				return err
			}
		}
		return w.watch(cmd.Context(), args)
	}
}

// watch traces one host.
func (w *traceWatch) watch(ctx context.Context, args []string) (err error) {
	switch {
	case !obedient(w.stdout):
		return errors.New("--watch needs a terminal; -c 20 shows 20 rounds elsewhere")
	case len(args) != 1 || args[0] == "-":
		return errors.New("--watch shows one host only")
	}
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer cancel()
	s := &traceScreen{traceWatch: w, names: map[netip.Addr]string{}, changed: make(chan struct{}, 1), stop: make(chan struct{})}
	s.screen = pingcheck.TraceScreen{Target: args[0], Keys: "keys: n names or addresses, z autonomous systems, q ends with a summary"}
	out := *w.out
	rest, err := out.printer(w.stdout)
	if err != nil {
		return err
	}
	s.open()
	defer s.close()
	defer context.AfterFunc(ctx, s.close)() // whatever is waited for then
	out.made = &afterScreen{rest, s}
	done := make(chan struct{})
	defer func() { <-done }()
	drawing, end := context.WithCancel(ctx)
	defer end()
	go func() {
		defer close(done)
		s.loop(drawing)
	}()
	return w.app.check(pingcheck.WithWatch(ctx, &pingcheck.Watch{OnRoute: s.update, Stop: s.stop}), w.check, out, args)
}

// A traceScreen is the terminal while it shows a route.
type traceScreen struct {
	*traceWatch
	before *term.State // of the terminal that keys come from, nil if they do not
	once   sync.Once

	changed chan struct{} // has a token when there is something to draw
	stop    chan struct{} // closed when the user has seen enough
	ended   sync.Once

	mu     sync.Mutex
	closed bool
	route  *icmp.Route
	screen pingcheck.TraceScreen
	names  map[netip.Addr]string // those that were asked for, empty where there is none
	asked  int                   // addresses whose system was asked for
}

// open takes the terminal over: the other screen, keys one by one and not shown.
func (s *traceScreen) open() {
	if fd, ok := terminal(s.stdin); ok {
		s.before, _ = term.MakeRaw(fd)
		if s.before != nil {
			go s.keys()
		}
	}
	fmt.Fprint(s.stdout, "\x1b[?1049h\x1b[?25l")
}

// close restores the terminal; it may be called several times.
func (s *traceScreen) close() {
	s.once.Do(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.closed = true
		fmt.Fprint(s.stdout, "\x1b[?25h\x1b[?1049l")
		if fd, ok := terminal(s.stdin); ok && s.before != nil {
			_ = term.Restore(fd, s.before) // there is nobody to report it to
		}
	})
}

// keys handles keys until the program ends: a read from a terminal cannot be ended.
func (s *traceScreen) keys() {
	key := make([]byte, 1)
	for {
		if n, err := s.stdin.Read(key); err != nil || n == 0 {
			return
		}
		s.press(key[0])
	}
}

const (
	controlC = 3
	controlD = 4
)

// press handles a key.
func (s *traceScreen) press(key byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch key {
	case 'n':
		s.screen.Numeric = !s.screen.Numeric
	case 'z':
		s.screen.Systems = !s.screen.Systems
	case 'q', 'Q', controlC, controlD:
		s.ended.Do(func() { close(s.stop) })
	}
	s.notify()
}

func (s *traceScreen) notify() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// update sets the route to draw.
func (s *traceScreen) update(r *icmp.Route) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.route = r
	s.notify()
}

// redrawAll is the longest time between drawings: the terminal may have been resized.
const redrawAll = 300 * time.Millisecond

// loop draws what has changed until the context ends.
func (s *traceScreen) loop(ctx context.Context) {
	var lookups sync.WaitGroup
	defer lookups.Wait()
	for {
		s.draw()
		s.ask(ctx, &lookups)
		if !probe.Pause(ctx, redraw) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-s.changed:
		case <-time.After(redrawAll):
		}
	}
}

// draw writes the screen over what is there.
func (s *traceScreen) draw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.route == nil {
		return
	}
	fd, _ := terminal(s.stdout)
	width, height, err := term.GetSize(fd)
	if err != nil || width == 0 || height == 0 {
		width, height = 80, 24
	}
	s.screen.Names = s.names
	var b strings.Builder
	b.WriteString("\x1b[H")
	for i, line := range s.screen.Lines(s.route, width, height) {
		if i > 0 {
			b.WriteString("\r\n")
		}
		b.WriteString(line + "\x1b[K")
	}
	b.WriteString("\x1b[J")
	fmt.Fprint(s.stdout, b.String())
}

// ask looks up the names of new addresses, and their autonomous systems.
func (s *traceScreen) ask(ctx context.Context, lookups *sync.WaitGroup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.route == nil {
		return
	}
	var all []netip.Addr
	for _, h := range s.route.Hops {
		for _, addr := range h.Addrs {
			all = append(all, addr)
			if _, ok := s.names[addr]; !ok {
				s.names[addr] = ""
				lookups.Go(func() { s.learn(addr, s.tracer.LookupName(ctx, addr)) })
			}
		}
	}
	if len(all) == s.asked {
		return
	}
	s.asked = len(all)
	lookups.Go(func() {
		found, _ := s.tracer.LookupAS(ctx, all) // the result says what is wrong
		s.mu.Lock()
		defer s.mu.Unlock()
		s.screen.AS = found
		s.notify()
	})
}

func (s *traceScreen) learn(addr netip.Addr, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[addr] = name
	s.notify()
}

// afterScreen restores the terminal before it shows the result.
type afterScreen struct {
	rest   report.Printer
	screen *traceScreen
}

// Print implements report.Printer.
func (a *afterScreen) Print(r *probe.Result) error {
	a.screen.close()
	return a.rest.Print(r)
}

// Close implements report.Printer.
func (a *afterScreen) Close() error {
	a.screen.close()
	return a.rest.Close()
}
