package page

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mailprobe/internal/report/reporttest"
)

// browser is a tab of a headless Chromium, driven by the DevTools protocol over a pipe.
type browser struct {
	*chromium
	t       *testing.T
	session string
	loaded  chan bool

	events  sync.Mutex
	console []string // errors and warnings
	asked   []string // addresses that were requested
}

// chromium is the process. To start it takes as long as most tests, so they share one.
type chromium struct {
	process *os.Process
	to      *os.File
	last    atomic.Int64

	mu      sync.Mutex
	waiting map[int64]chan reply
	tabs    map[string]*browser // by session
}

// reply is an answer of the protocol, or an event.
type reply struct {
	ID        int64
	SessionID string
	Method    string
	Params    json.RawMessage
	Result    json.RawMessage
	Error     *struct{ Message string }
}

// running is the browser of all tests, nil while none has asked for it.
var running *chromium

// TestMain ends the browser after the last test.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "chromium")
	if err != nil {
		panic(err)
	}
	profile = dir
	code := m.Run()
	if running != nil {
		_ = running.process.Kill()
		_, _ = running.process.Wait()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// profile is the folder in which the browser keeps what it remembers.
var profile string

// browse opens a tab, with cookies and a cache of its own.
func browse(t *testing.T) *browser {
	t.Helper()
	exe := reporttest.Tool(t, "chromium")
	if running == nil {
		var err error
		if running, err = start(exe); err != nil {
			t.Fatal(err)
		}
	}
	b := &browser{chromium: running, t: t, loaded: make(chan bool, 100)}
	b.open()
	return b
}

// start starts a browser.
func start(exe string) (*chromium, error) {
	commands, to, err1 := os.Pipe()
	from, answers, err2 := os.Pipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	cmd := exec.Command(exe, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+profile,
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--remote-debugging-pipe")
	cmd.ExtraFiles = []*os.File{commands, answers}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	_, _ = commands.Close(), answers.Close()
	c := &chromium{process: cmd.Process, to: to, waiting: map[int64]chan reply{}, tabs: map[string]*browser{}}
	go c.read(from)
	return c, nil
}

// read reads what the browser says, each message up to a zero byte.
func (c *chromium) read(from io.Reader) {
	in := bufio.NewReaderSize(from, 1<<20)
	for {
		text, err := in.ReadBytes(0)
		if err != nil {
			return
		}
		var r reply
		if json.Unmarshal(text[:len(text)-1], &r) != nil {
			continue
		}
		c.mu.Lock()
		wait, tab := c.waiting[r.ID], c.tabs[r.SessionID]
		delete(c.waiting, r.ID)
		c.mu.Unlock()
		switch {
		case wait != nil:
			wait <- r
		case tab != nil:
			tab.take(r)
		}
	}
}

// take notes an event of the tab.
func (b *browser) take(r reply) {
	b.events.Lock()
	defer b.events.Unlock()
	switch r.Method {
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
		b.console = append(b.console, string(r.Params))
	case "Network.requestWillBeSent":
		var p struct{ Request struct{ URL string } }
		_ = json.Unmarshal(r.Params, &p)
		b.asked = append(b.asked, p.Request.URL)
	case "Page.loadEventFired":
		b.loaded <- true
	}
}

// do sends a command and decodes its result.
func (b *browser) do(method string, params map[string]any, into any) {
	b.t.Helper()
	id := b.last.Add(1)
	wait := make(chan reply, 1)
	b.mu.Lock()
	b.waiting[id] = wait
	b.mu.Unlock()
	message := map[string]any{"id": id, "method": method, "params": params}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.to.Write(append(text, 0)); err != nil {
		b.t.Fatal(err)
	}
	select {
	case r := <-wait:
		if r.Error != nil {
			b.t.Fatalf("%s: %s", method, r.Error.Message)
		}
		if into != nil {
			if err := json.Unmarshal(r.Result, into); err != nil {
				b.t.Fatal(err)
			}
		}
	case <-time.After(time.Minute):
		b.t.Fatalf("%s: no answer", method)
	}
}

// open opens the tab, and closes it after the test.
func (b *browser) open() {
	b.t.Helper()
	var context struct{ BrowserContextID string }
	b.do("Target.createBrowserContext", map[string]any{}, &context)
	var target struct{ TargetID string }
	b.do("Target.createTarget", map[string]any{"url": "about:blank", "browserContextId": context.BrowserContextID}, &target)
	var attached struct{ SessionID string }
	b.do("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	b.mu.Lock()
	b.tabs[b.session] = b
	b.mu.Unlock()
	b.t.Cleanup(func() {
		b.mu.Lock()
		delete(b.tabs, b.session)
		b.mu.Unlock()
		b.session = ""
		b.do("Target.disposeBrowserContext", map[string]any{"browserContextId": context.BrowserContextID}, nil)
	})
	b.do("Page.bringToFront", map[string]any{}, nil)
	for _, domain := range []string{"DOM", "Page", "Runtime", "Network", "Log"} {
		b.do(domain+".enable", map[string]any{}, nil)
	}
}

// visit opens a page and waits until it is loaded.
func (b *browser) visit(address string) {
	b.t.Helper()
	for len(b.loaded) > 0 {
		<-b.loaded
	}
	b.do("Page.navigate", map[string]any{"url": address}, nil)
	b.waitLoad()
}

func (b *browser) waitLoad() {
	b.t.Helper()
	select {
	case <-b.loaded:
	case <-time.After(time.Minute):
		b.t.Fatal("the page did not load")
	}
}

// eval returns the value of an expression as text.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var r struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.do("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	if r.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, r.ExceptionDetails)
	}
	return fmt.Sprint(r.Result.Value)
}

// until waits until an expression has a value.
func (b *browser) until(expression, want string) {
	b.t.Helper()
	got := ""
	for begin := time.Now(); time.Since(begin) < 30*time.Second; time.Sleep(50 * time.Millisecond) {
		if got = b.eval(expression); got == want {
			return
		}
	}
	b.t.Fatalf("%s is %q, and not %q; the console has %q", expression, got, want, b.said())
}

// focus gives the focus to an element.
func (b *browser) focus(selector string) {
	b.t.Helper()
	var document struct{ Root struct{ NodeID int } }
	b.do("DOM.getDocument", map[string]any{}, &document)
	var found struct{ NodeID int }
	b.do("DOM.querySelector", map[string]any{"nodeId": document.Root.NodeID, "selector": selector}, &found)
	b.do("DOM.focus", map[string]any{"nodeId": found.NodeID}, nil)
}

// press presses a key.
func (b *browser) press(key string) {
	b.t.Helper()
	text := map[string]string{"Enter": "\r", "Space": " "}[key]
	code := map[string]int{"Enter": 13, "Tab": 9, "ArrowLeft": 37, "ArrowRight": 39, "Home": 36, "End": 35, "Space": 32}[key]
	for _, kind := range []string{"keyDown", "keyUp"} {
		p := map[string]any{"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code}
		if kind == "keyDown" && text != "" {
			p["text"] = text
		}
		b.do("Input.dispatchKeyEvent", p, nil)
	}
}

// drag drags the mouse from one place of an element to another, as shares of its width.
func (b *browser) drag(element string, from, to float64) {
	b.t.Helper()
	b.eval(element + `.scrollIntoView({block: "center", behavior: "instant"})`)
	var left, top, width, height float64
	if _, err := fmt.Sscan(b.eval(`(r => [r.left, r.top, r.width, r.height].join(" "))(`+element+`.getBoundingClientRect())`), &left, &top, &width, &height); err != nil {
		b.t.Fatal(err)
	}
	for _, e := range []struct {
		kind    string
		at      float64
		buttons int
	}{{"mouseMoved", from, 0}, {"mousePressed", from, 1}, {"mouseMoved", (from + to) / 2, 1}, {"mouseMoved", to, 1}, {"mouseReleased", to, 0}} {
		b.do("Input.dispatchMouseEvent", map[string]any{
			"type": e.kind, "x": left + e.at*width, "y": top + height/2, "button": map[bool]string{true: "left", false: "none"}[e.kind != "mouseMoved" || e.buttons > 0],
			"buttons": e.buttons, "clickCount": 1,
		}, nil)
	}
}

// size sets the size of the window, and the colours that its owner prefers.
func (b *browser) size(width, height int, scheme string) {
	b.t.Helper()
	b.do("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}, nil)
	b.do("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": scheme}}}, nil)
}

// said returns what the console has.
func (b *browser) said() []string {
	b.events.Lock()
	defer b.events.Unlock()
	return append([]string(nil), b.console...)
}

// foreign returns the addresses that were requested of others than a server.
func (b *browser) foreign(server string) (all []string) {
	b.events.Lock()
	defer b.events.Unlock()
	for _, address := range b.asked {
		if !strings.HasPrefix(address, server) && !strings.HasPrefix(address, "data:") && address != "about:blank" {
			all = append(all, address)
		}
	}
	return all
}
