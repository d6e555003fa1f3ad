package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
	"mailprobe/wire/wiretest"
)

// bulkTargets starts an SMTP server that has very little to say, and writes a list of so many
// addresses of it, every tenth of which refuses.
func bulkTargets(t *testing.T, name string, n int) (canonical []string) {
	t.Helper()
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go wiretest.Accept(l, sayLittle)
	var list strings.Builder
	for i := range n {
		port := l.Addr().(*net.TCPAddr).Port
		if i%10 == 0 {
			port = 1
		}
		target := fmt.Sprintf("127.0.1.%d:%d", i+1, port)
		canonical = append(canonical, "smtp://"+target)
		fmt.Fprintln(&list, target)
	}
	if err := os.WriteFile(name, []byte(list.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	slices.Sort(canonical)
	return canonical
}

func sayLittle(c net.Conn) error {
	fmt.Fprint(c, "220 mx.example.org ESMTP\r\n")
	for in := bufio.NewScanner(c); in.Scan(); {
		reply := "250 mx.example.org"
		if strings.HasPrefix(in.Text(), "QUIT") {
			reply = "221 bye"
		}
		if _, err := fmt.Fprint(c, reply+"\r\n"); err != nil {
			return err
		}
	}
	return nil
}

// checkedTargets are the targets that the files of results name, sorted.
func checkedTargets(t *testing.T, pattern string) (targets []string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var r struct{ Request struct{ Target string } }
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Errorf("%s: %v in %q", name, err, line)
			}
			targets = append(targets, r.Request.Target)
		}
	}
	slices.Sort(targets)
	return targets
}

// dying stands in for mailprobe: the first run of each shard is killed as it is at work.
const dying = `#!/bin/sh
results=$7 # --resume FILE
[ ! -e "$results.killed" ] || exec %[1]s "$@"
: >"$results.killed"
exec 3<&0
%[1]s "$@" --jobs 1 <&3 & pid=$!
while kill -0 $pid && ! [ "$(wc -l <"$results")" -ge 2 ]; do :; done 2>/dev/null
kill -9 $pid
wait $pid
`

// TestBulkParallel has GNU parallel run shards that are killed.
func TestBulkParallel(t *testing.T) {
	reporttest.Tool(t, "parallel")
	program, err := exec.LookPath("mailprobe")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	want := bulkTargets(t, filepath.Join(dir, "targets"), 120)
	writeFiles(t, dir, map[string]string{"mailprobe": fmt.Sprintf(dying, program)})
	if err := os.Chmod(filepath.Join(dir, "mailprobe"), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "../../contrib/bulk/parallel.sh", filepath.Join(dir, "targets"), filepath.Join(dir, "out"), "4")
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "HOME="+dir)
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	killed, _ := filepath.Glob(filepath.Join(dir, "out", "*.killed"))
	if len(killed) != 4 {
		t.Errorf("%d shards were killed, want 4\n%s", len(killed), output)
	}
	if got := checkedTargets(t, filepath.Join(dir, "out", "*.jsonl")); !slices.Equal(got, want) {
		t.Errorf("%d targets %q\nwant %d\n%s", len(got), got, len(want), output)
	}
}

// TestBulkJobs runs every instance of the jobs of Kubernetes and Nomad as these do, again
// until it ends well.
func TestBulkJobs(t *testing.T) {
	for file, variable := range map[string]string{"kubernetes.yaml": "JOB_COMPLETION_INDEX", "nomad.hcl": "NOMAD_ALLOC_INDEX"} {
		t.Run(file, func(t *testing.T) {
			job := readJob(t, file)
			dir := t.TempDir()
			want := bulkTargets(t, filepath.Join(dir, "targets"), 30)
			for i := range job.Instances {
				for try := 0; ; try++ {
					output, err := job.run(t, dir, fmt.Sprintf("%s=%d", variable, i))
					if err == nil {
						break
					}
					if try == 1 {
						t.Fatalf("instance %d: %v\n%s", i, err, output)
					}
				}
			}
			if got := checkedTargets(t, filepath.Join(dir, "*.jsonl")); !slices.Equal(got, want) {
				t.Errorf("targets %q\nwant %q", got, want)
			}
		})
	}
}

// bulkJob is how many instances a job has, and the command of each.
type bulkJob struct {
	Instances int
	Command   []string
}

// readJob reads a job strictly.
func readJob(t *testing.T, file string) (job bulkJob) {
	t.Helper()
	path, err := filepath.Abs("../../contrib/bulk/" + file)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "run", ".", path)
	cmd.Dir = "../../tools/jobfile"
	output, err := cmd.Output()
	if err != nil {
		if failed, ok := err.(*exec.ExitError); ok && strings.Contains(string(failed.Stderr), "dial tcp") && os.Getenv("MAILPROBE_REAL") != "require" {
			t.Skipf("SKIP tools/jobfile cannot be built: %s", failed.Stderr)
		} else if ok {
			t.Fatalf("%v: %s", err, failed.Stderr)
		}
		t.Fatal(err)
	}
	if err := json.Unmarshal(output, &job); err != nil {
		t.Fatal(err)
	}
	return job
}

// run runs the command in a folder that stands in for the volume.
func (j bulkJob) run(t *testing.T, dir, variable string) ([]byte, error) {
	args := make([]string, len(j.Command))
	for i, arg := range j.Command {
		args[i] = strings.ReplaceAll(arg, "/bulk/", dir+"/")
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), variable)
	return cmd.CombinedOutput()
}
