package centre

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mailprobe/internal/suite"
)

// centreFile is set for a process of the test that is a centre: where it writes what it has
// recorded.
const centreFile = "MAILPROBE_TEST_CENTRE"

func TestMain(m *testing.M) {
	if file := os.Getenv(centreFile); file != "" {
		if err := beCentre(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// recorder writes each target that is delivered on a line of a file.
type recorder struct {
	*checks
	file *os.File
}

func (r recorder) Deliver(_ context.Context, place string, all []suite.Delivered) error {
	var lines strings.Builder
	for _, d := range all {
		fmt.Fprintln(&lines, place, d.Results[0].Target)
	}
	_, err := r.file.WriteString(lines.String())
	return err
}

// beCentre is a centre until it is killed. Its options are on standard input.
func beCentre(name string) error {
	var o Options
	line, err := bufio.NewReader(os.Stdin).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &struct{ State, Listen, URL *string }{&o.State, &o.Listen, &o.URL})
	}
	if err != nil {
		return err
	}
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	o.Checks, o.Warn = recorder{newChecks(), file}, func(err error) { fmt.Fprintln(os.Stderr, err) }
	c, err := Open(context.Background(), o)
	if err != nil {
		return err
	}
	fmt.Println("open")
	c.Run(context.Background())
	return nil
}

// process is a centre in a process of its own.
type process struct {
	t      *testing.T
	file   string
	input  []byte
	cmd    *exec.Cmd
	output strings.Builder
}

func (p *process) start() {
	p.t.Helper()
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), centreFile+"="+p.file)
	p.cmd.Stdin, p.cmd.Stderr = strings.NewReader(string(p.input)+"\n"), &p.output
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "open\n" {
		p.t.Fatalf("the centre said %q, %v; %s", line, err, p.output.String())
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// TestKill: the centre is killed while results arrive, then the server where it has a process of
// its own, and again: nothing that the server has acknowledged is lost.
func TestKill(t *testing.T) {
	t.Parallel()
	for name, real := range map[string]bool{"embedded": false, "nats-server": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, o := &stage{t: t, state: t.TempDir(), url: "tls://" + freeAddress(t)}, Options{}
			if real {
				s = newStage(t)
				o.URL = s.url
			} else {
				o.Listen = strings.TrimPrefix(s.url, "tls://")
			}
			input, _ := json.Marshal(struct{ State, Listen, URL string }{s.state, o.Listen, o.URL})
			p := &process{t: t, file: filepath.Join(t.TempDir(), "recorded"), input: input}
			p.start()
			defer func() { p.kill() }()
			register, err := OpenRegister(s.state)
			if err != nil {
				t.Fatal(err)
			}
			s.centre = &Centre{register: register}
			a := s.join("fra")
			sent := make(chan int)
			go func() { sent <- a.sendAll(t.Context(), 300) }()
			for i := range 4 {
				until(t, "some are recorded", func() bool { return len(recorded(p.file)) > 40*(i+1) })
				p.kill()
				if real {
					s.nats.Kill()
					s.nats.Restart()
				}
				p.start()
			}
			if n := <-sent; n != 300 {
				t.Fatalf("%d are sent", n)
			}
			until(t, "all are recorded", func() bool { return len(recorded(p.file)) == 300 })
		})
	}
}

// sendAll sends batches until each is acknowledged, as an agent with a spool does.
func (a *agent) sendAll(ctx context.Context, n int) (sent int) {
	for i := range n {
		b := batch(fmt.Sprint("b", i), "mx", fmt.Sprint(i, ".example.org"))
		for ctx.Err() == nil {
			within, cancel := context.WithTimeout(ctx, time.Second)
			err := a.send(within, a.name, b)
			cancel()
			if err == nil {
				sent++
				break
			}
			time.Sleep(20 * time.Millisecond) // the server comes back
		}
	}
	return sent
}

// recorded returns the targets that the centre has recorded, each once.
func recorded(file string) map[string]bool {
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		panic(err)
	}
	all := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		all[line] = true
	}
	return all
}
