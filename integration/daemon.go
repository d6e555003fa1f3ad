package integration

import (
	"fmt"
	"io"
	"os"
	"os/exec"
)

// watch is a shell script that runs its arguments as a server and ends it when
// standard input closes, which the kernel sees to when this process dies.
// (Linux's parent-death signal would not do: Postfix loses it by changing its
// effective user.) It exits as the server does.
const watch = `exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(read line <&3; kill $server; sleep 10; kill -9 $server) &
watcher=$!
wait $server
code=$?
kill $watcher
exit $code`

// daemon is a server that runs in the foreground, under watch.
type daemon struct {
	name   string
	log    string // the file it logs to
	output string // the file it prints to
	cmd    *exec.Cmd
	alive  io.Closer // closed: the server is to end
	done   chan struct{}
}

// startDaemon runs a server.
func startDaemon(name, log, program string, args ...string) (*daemon, error) {
	d := &daemon{name: name, log: log, output: log + ".output", done: make(chan struct{})}
	output, err := os.Create(d.output)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	d.cmd = exec.Command("/bin/sh", append([]string{"-c", watch, "watch", program}, args...)...)
	d.cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"}
	d.cmd.Stdout, d.cmd.Stderr = output, output
	if d.alive, err = d.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		d.cmd.Wait()
		close(d.done)
	}()
	return d, nil
}

// running reports whether the server is running; if not, the error has its log.
func (d *daemon) running() error {
	select {
	case <-d.done:
		return fmt.Errorf("%s ended: %v\n%s", d.name, d.cmd.ProcessState, d.logTail())
	default:
		return nil
	}
}

// stop ends the server and waits until it is gone.
func (d *daemon) stop() {
	d.alive.Close()
	<-d.done
}

// logTail is the end of what the server printed and logged, for the one who
// must find out why a test failed.
func (d *daemon) logTail() string {
	const most = 4 << 10
	var tail string
	for _, path := range []string{d.output, d.log} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it never came to writing any
		}
		tail += string(text[max(0, len(text)-most):])
	}
	return tail
}
