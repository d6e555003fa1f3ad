package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"mailprobe/bench/tun"
	"mailprobe/internal/fleet/natstest"
	"mailprobe/internal/notify"
	"mailprobe/probe"
)

// The hosts of the lab of a fleet: the mail host, the centre, and one of each place.
const (
	mailHost = iota
	centreHost
	fra
	ams
	nyc
	fleetHosts
)

// places are the names of the places, by their hosts.
var places = map[int]string{fra: "fra", ams: "ams", nyc: "nyc"}

// exchangerAddr is where Postfix listens. The network of Dovecot is labNetwork.
const (
	labNetwork    = "10.77.0"
	exchangerAddr = labNetwork + ".25"
)

// fleetLab is a fleet in network namespaces of its own: a centre and three agents, each a
// process of the program under test, around a router, and behind that Postfix and Dovecot.
type fleetLab struct {
	t        *testing.T
	dir      string
	star     *tun.Star
	dovecot  *Lab
	postfix  *daemon
	user     User
	nats     *natstest.Server // nil where the centre has its own
	centre   *program
	agents   map[int]*program
	tokens   []string
	told     *receiver
	captures []*capture
	spools   []*spoolWatch

	outageCount int // of the mailbox, so far
}

// startFleetLab starts the servers and the centre; the agents are started one by one.
func startFleetLab(t *testing.T, real bool) *fleetLab {
	t.Helper()
	star, err := tun.OpenStar(fleetHosts)
	if err != nil {
		lacking(t, "no network namespaces: %v", err)
	}
	l := &fleetLab{t: t, dir: t.TempDir(), star: star, agents: map[int]*program{}, told: &receiver{seen: map[string]bool{}}}
	t.Cleanup(star.Close)
	if err := star.Router.Run("nft", "add", "table", "inet", "lab"); err != nil {
		lacking(t, "no firewall: %v", err)
	}
	l.must(os.Chmod(l.dir, 0o755))
	l.must(os.Chmod(filepath.Dir(l.dir), 0o755)) // Postfix's user walks through it
	l.startMail()
	l.makeFirewall()
	l.capture(star.Router, star.Hosts[centreHost])
	l.makeCentre(real)
	l.centre.start()
	l.eventually("the centre listens", func() bool {
		text, _ := os.ReadFile(l.centre.logFile())
		return strings.Contains(string(text), "listening on http")
	})
	for _, host := range []int{fra, ams, nyc} {
		l.makeAgent(host)
	}
	t.Cleanup(l.show)
	return l
}

func (l *fleetLab) must(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// startMail starts Dovecot and Postfix at the mail host.
func (l *fleetLab) startMail() {
	l.t.Helper()
	addrs := []string{exchangerAddr}
	for n := range len(Certificates()) {
		addrs = append(addrs, fmt.Sprintf("%s.%d", labNetwork, n+1))
	}
	addrs = append(addrs, labNetwork+".253")
	l.must(l.star.Own(mailHost, labNetwork+".0/24", addrs...))
	host := l.star.Hosts[mailHost]
	l.must(host.Do(func() (err error) {
		if l.dovecot, err = prepare(labNetwork); err == nil {
			err = l.dovecot.startDovecot()
		}
		return err
	}))
	l.t.Cleanup(func() { _ = l.dovecot.Stop() })
	l.user = l.dovecot.NewUser()
	dir := filepath.Join(l.dir, "postfix")
	l.must(makeQueue(filepath.Join(dir, "queue")))
	l.must(os.Mkdir(filepath.Join(dir, "data"), 0o755))
	l.must(giveTo("postfix", filepath.Join(dir, "data")))
	for _, name := range []string{"main.cf", "master.cf"} {
		l.must(renderFrom("config/domain", filepath.Join(dir, name), struct {
			Dir        string
			Exchangers []map[string]any
		}{dir, []map[string]any{{"Listens": []string{exchangerAddr}, "Name": Hostname, "Clear": false, "File": filepath.Join(l.dovecot.dir, string(Good))}}}))
	}
	l.runPostfix()
	l.t.Cleanup(l.postfixStop)
}

func (l *fleetLab) runPostfix() {
	l.t.Helper()
	dir := filepath.Join(l.dir, "postfix")
	l.must(l.star.Hosts[mailHost].Do(func() (err error) {
		l.postfix, err = startDaemon("postfix", filepath.Join(dir, "log"), postfixMaster, "-c", dir)
		return err
	}))
	l.eventually("Postfix takes connections", func() bool {
		l.must(l.postfix.running())
		conn, err := l.star.Hosts[mailHost].Dial(l.t.Context(), "tcp", exchangerAddr+":25")
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

func (l *fleetLab) postfixStop() { l.postfix.stop() }

// makeFirewall makes that of the router, with the ports that it refuses and those that it
// drops packets to, each for one host.
func (l *fleetLab) makeFirewall() {
	l.t.Helper()
	for _, line := range []string{
		"add set inet lab refused { type ipv4_addr . inet_service; }",
		"add set inet lab dropped { type ipv4_addr . inet_service; }",
		"add chain inet lab forward { type filter hook forward priority 0; }",
		"add rule inet lab forward ip saddr . tcp dport @refused reject with tcp reset",
		"add rule inet lab forward ip saddr . tcp dport @dropped drop",
	} {
		l.must(l.star.Router.Run("nft", line))
	}
	l.firewall("add", "dropped", fra, "25")
}

// firewall adds what a host may not reach to a set, or deletes it.
func (l *fleetLab) firewall(what, set string, host int, port string) {
	l.t.Helper()
	l.must(l.star.Router.Run("nft", fmt.Sprintf("%s element inet lab %s { %s . %s }", what, set, l.star.Addr(host), port)))
}

// imaps is the port of Dovecot that the checks are about.
func (l *fleetLab) imaps() string { return l.dovecot.Port(IMAPS) }

// mailSecret is the environment variable of the centre with the password of the mailbox.
const mailSecret = "MAILPROBE_TEST_PASSWORD"

// makeCentre makes the centre's file, and starts the nats-server where that is one of its own.
func (l *fleetLab) makeCentre(real bool) {
	l.t.Helper()
	host := l.star.Hosts[centreHost]
	var listener net.Listener
	l.must(host.Do(func() (err error) {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
		return err
	}))
	web := &http.Server{Handler: l.told}
	go func() { _ = web.Serve(listener) }()
	l.t.Cleanup(func() { _ = web.Close() })
	file := filepath.Join(l.dir, "mailprobe.yaml")
	l.must(os.WriteFile(file, fmt.Appendf(nil, `
defaults: {every: 2s, timeout: 20s, attempts: 1}
places: {all: [fra, ams, nyc]}
notify: [{webhook: {url: "http://%s", timeout: 2s}}]
checks:
  - {name: mx, kind: smtp, target: %s, tls: require, server_name: %s, from: all}
  - {name: inbox, kind: imap, target: "imaps://%s", user: %s, password_env: %s, from: all, down: 2 of 3}
`, listener.Addr(), exchangerAddr, Hostname, l.dovecot.Addr(IMAPS, Good), l.user.Name, mailSecret), 0o600))
	args := []string{"serve", "--fleet", "--listen", centreAPI, "--state", filepath.Join(l.dir, "centre")}
	if real {
		l.startNATS()
		args = append(args, "--nats", "nats://127.0.0.1:4222")
	} else {
		args = append(args, "--fleet-listen", l.star.Addr(centreHost)+":4222")
	}
	l.centre = &program{lab: l, name: "centre", host: centreHost, args: append(args, file), env: []string{mailSecret + "=" + l.user.Password}}
}

// centreAPI is where the centre's page and API are, in its own namespace.
const centreAPI = "127.0.0.1:9126"

// startNATS starts a nats-server to which agents speak TLS. The centre does not, on its loopback,
// so that a capture there shows what they say.
func (l *fleetLab) startNATS() {
	l.t.Helper()
	l.must(issue(l.dir, "nats", serverTemplate(Good, net.ParseIP(l.star.Addr(centreHost))), l.dovecot.ca))
	config := l.fleet("config") + fmt.Sprintf("\ntls { cert_file: %q, key_file: %q }\nallow_non_tls: true\n", filepath.Join(l.dir, "nats.crt"), filepath.Join(l.dir, "nats.key"))
	l.nats = natstest.Start(l.t, natstest.Options{Config: config, Host: "0.0.0.0", Prefix: []string{"nsenter", "--net=" + l.star.Hosts[centreHost].Path()}})
}

// fleet runs mailprobe fleet at the centre.
func (l *fleetLab) fleet(args ...string) string {
	l.t.Helper()
	program, err := binary()
	l.must(err)
	cmd := exec.CommandContext(l.t.Context(), program, append([]string{"fleet", "--state", filepath.Join(l.dir, "centre")}, args...)...)
	cmd.Env = []string{"HOME=" + l.dir}
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		err = fmt.Errorf("%q: %w: %s", args, err, exit.Stderr)
	}
	l.must(err)
	return string(out)
}

// makeAgent invites a place, and makes its settings.
func (l *fleetLab) makeAgent(host int) {
	l.t.Helper()
	name := places[host]
	token := strings.TrimSpace(l.fleet("invite", name))
	l.tokens = append(l.tokens, token)
	tokenFile, file, state := filepath.Join(l.dir, name+".token"), filepath.Join(l.dir, name+".yaml"), filepath.Join(l.dir, name)
	l.must(os.WriteFile(tokenFile, []byte(token), 0o600))
	l.must(os.WriteFile(file, fmt.Appendf(nil, "allow: {networks: [%s.0/24], ports: [25, %s], rate: 100, rate_per_host: 50}\ntest_hosts: [%s]\n", labNetwork, l.imaps(), exchangerAddr), 0o600))
	args := []string{"agent", "--join", "tls://" + l.star.Addr(centreHost) + ":4222", "--token-file", tokenFile, "--state", state}
	if l.nats != nil {
		args = append(args, "--ca-file", l.dovecot.CAFile())
	}
	// The mail servers are verified by the lab's authority, as if the machine trusted it.
	l.agents[host] = &program{lab: l, name: name, host: host, args: append(args, file), env: []string{"SSL_CERT_FILE=" + l.dovecot.CAFile()}}
	l.spools = append(l.spools, watchSpool(l.t, name, filepath.Join(state, "agent", "spool")))
}

// show shows what the programs said, where the test has failed.
func (l *fleetLab) show() {
	if !l.t.Failed() {
		return
	}
	for _, p := range []*program{l.centre, l.agents[fra], l.agents[ams], l.agents[nyc]} {
		if p != nil {
			text, _ := os.ReadFile(p.logFile())
			l.t.Logf("%s:\n%s", p.name, text[max(0, len(text)-8<<10):])
		}
	}
	for _, e := range l.told.all("") {
		l.t.Logf("told: %s", describe(e))
	}
}

// eventually waits until something is so. How long that takes is no matter, within reason.
func (l *fleetLab) eventually(what string, is func() bool) {
	l.t.Helper()
	for deadline := time.Now().Add(3 * time.Minute); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			l.t.Fatalf("not so: %s", what)
		}
	}
}

// program is a process of the program under test at a host.
type program struct {
	lab  *fleetLab
	name string
	host int
	args []string
	env  []string
	off  time.Duration // by which its clock is ahead
	cmd  *exec.Cmd
}

func (p *program) logFile() string { return filepath.Join(p.lab.dir, p.name+".log") }

// start starts it, with what it has in its state directory.
func (p *program) start() {
	t := p.lab.t
	t.Helper()
	path, err := binary()
	p.lab.must(err)
	log, err := os.OpenFile(p.logFile(), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	p.lab.must(err)
	defer log.Close()
	p.cmd = exec.Command(path, p.args...)
	p.cmd.Env = append([]string{"HOME=" + p.lab.dir}, p.env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	err = p.lab.star.Hosts[p.host].Do(func() error {
		if p.off != 0 {
			return startWithClock(p.cmd, p.off)
		}
		return p.cmd.Start()
	})
	if errors.Is(err, errors.ErrUnsupported) {
		lacking(t, "no clock that is off: %v", err)
	}
	p.lab.must(err)
	t.Cleanup(p.end)
}

// end kills it, if it runs.
func (p *program) end() {
	if p.cmd == nil {
		return
	}
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	p.cmd = nil
}

// kill kills it by kill -9; one that has ended by itself is a fault.
func (p *program) kill() {
	p.lab.t.Helper()
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	if p.cmd.ProcessState.ExitCode() >= 0 {
		p.lab.t.Errorf("%s ended by itself: %s", p.name, p.cmd.ProcessState)
	}
	p.cmd = nil
}

// stop ends it by a signal.
func (p *program) stop() {
	p.lab.t.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	_ = p.cmd.Wait()
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		p.lab.t.Errorf("%s ended with %d", p.name, code)
	}
	p.cmd = nil
}

// standing is how a check stands, as the centre's API has it.
type standing struct {
	Check   string       `json:"check"`
	Status  probe.Status `json:"status"`
	Stale   bool         `json:"stale"`
	Summary string       `json:"summary"`
	Cause   string       `json:"cause"`
	LastRun time.Time    `json:"last_run"`
	Places  []struct {
		Place   string        `json:"place"`
		Status  *probe.Status `json:"status"`
		Cause   string        `json:"cause"`
		Summary string        `json:"summary"`
		LastRun *time.Time    `json:"last_run"`
	} `json:"places"`
}

// check asks the centre how a check stands; ok is false while it does not answer.
func (l *fleetLab) check(name string) (s standing, ok bool) {
	ctx, cancel := context.WithTimeout(l.t.Context(), 5*time.Second)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DialContext: l.star.Hosts[centreHost].Dial, DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(ctx, "GET", "http://"+centreAPI+"/api/v1/checks/"+url.PathEscape(name), nil)
	l.must(err)
	answer, err := client.Do(r)
	if err != nil {
		return s, false
	}
	defer answer.Body.Close()
	return s, answer.StatusCode == http.StatusOK && json.NewDecoder(answer.Body).Decode(&s) == nil
}

// stands waits until a check stands as it is to, from a result that is not older than the call.
// Of an agent that stands as before a result is recorded once a minute only, so its age does not
// matter.
func (l *fleetLab) stands(name string, want probe.Status, cause string) {
	l.t.Helper()
	since := time.Now()
	var last standing
	l.t.Cleanup(func() {
		if l.t.Failed() {
			l.t.Logf("%s: %+v", name, last)
		}
	})
	l.eventually(fmt.Sprintf("%s is %s %s", name, want, cause), func() bool {
		s, ok := l.check(name)
		if ok {
			last = s
		}
		return ok && s.Status == want && s.Cause == cause && !s.Stale && (s.LastRun.After(since) || s.Check == "agent")
	})
}

// receiver is the notifier of the lab: a webhook.
type receiver struct {
	mu       sync.Mutex
	seen     map[string]bool // messages, by their identifiers
	events   []notify.Event
	repeated int      // messages that say so
	doubled  []string // those that do not
}

func (r *receiver) ServeHTTP(_ http.ResponseWriter, q *http.Request) {
	var m notify.Message
	if err := json.NewDecoder(q.Body).Decode(&m); err != nil {
		return // the sender was killed half-way
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case !r.seen[m.ID]:
		r.seen[m.ID] = true
		r.events = append(r.events, m.Events...)
	case m.Repeated:
		r.repeated++
	default:
		r.doubled = append(r.doubled, m.Subject)
	}
}

// all returns the events of a check, of every check for the empty name.
func (r *receiver) all(check string) []notify.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.events), func(e notify.Event) bool { return check != "" && e.Check != check })
}

// lines are the events of a check in short.
func (r *receiver) lines(check string) (all []string) {
	for _, e := range r.all(check) {
		all = append(all, strings.TrimSpace(fmt.Sprint(e.Kind, " ", e.Status, " ", e.Cause)))
	}
	return all
}

func describe(e notify.Event) string {
	return fmt.Sprintf("%s: %s %s %s: %s", e.Check, e.Kind, e.Status, e.Cause, e.Summary)
}
