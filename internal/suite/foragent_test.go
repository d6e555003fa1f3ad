package suite

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"mailprobe/imapcheck"
	"mailprobe/internal/settings"
	"mailprobe/pingcheck"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
	"mailprobe/wire"
)

// agentKinds are kinds that an agent may run in these tests.
func agentKinds() []probe.Kind {
	return []probe.Kind{smtpcheck.Kind(), imapcheck.Kind(), pingcheck.Kind()}
}

// agentRules permit all but port 26 and the host that is refused, and know one secret.
func agentRules() AgentRules {
	return AgentRules{
		Judge: func(_ string, t probe.Target) error {
			if t.Host == "refused.example.org" {
				return errors.New("it is refused")
			}
			return nil
		},
		Port: func(port uint16) error {
			if port == 26 {
				return errors.New("no port 26")
			}
			return nil
		},
		Secret: func(c Credential, host string, _ settings.Values) (wire.Secret, error) {
			if c.Name != "PW" {
				return "", errors.New("nobody knows it")
			}
			return wire.Secret("wonderland at " + host), nil
		},
	}
}

func agentJob(change func(*Job)) Job {
	j := Job{ID: "mx", Kind: "smtp", Target: "mx.example.org", Every: time.Minute, Attempts: 1, RetryAfter: time.Second}
	change(&j)
	return j
}

func withOption(name, text string) func(*Job) {
	return func(j *Job) { j.Options = settings.Values{{Name: name, Text: text}} }
}

// TestForAgentRefuses: each row is a job that is refused with these words, while another one
// beside it is taken.
func TestForAgentRefuses(t *testing.T) {
	for says, change := range map[string]func(*Job){
		"no kind \"finger\"":            func(j *Job) { j.Kind = "finger" },
		"it is refused":                 func(j *Job) { j.Target = "refused.example.org" },
		"name of the job":               func(j *Job) { j.ID = "mx\x1b[2J" },
		"every is 0s":                   func(j *Job) { j.Every = 0 },
		"every is 1ns":                  func(j *Job) { j.Every = 1 },
		"attempts is 1000":              func(j *Job) { j.Attempts = 1000 },
		"attempts is -1":                func(j *Job) { j.Attempts = -1 },
		"retry_after is -1ns":           func(j *Job) { j.RetryAfter = -1 },
		"is not a time of day":          func(j *Job) { j.Between = "noon" },
		"no option \"nonsense\"":        withOption("nonsense", "1"),
		"ca_file names a file":          withOption("ca-file", "/etc/passwd"),
		"cert_out names a file":         withOption("cert-out", "/etc/passwd"),
		"netrc names a file":            withOption("netrc", "~/.netrc"),
		"client_key names a file":       withOption("client-key", "/etc/ssl/private/key.pem"),
		"attach names a file":           withOption("attach", "/etc/shadow"),
		"message names a file":          withOption("message", "/etc/shadow"),
		"body names a file":             withOption("body", "@/etc/shadow"),
		"html names a file":             withOption("html", "@/etc/shadow"),
		"body reads standard input":     withOption("body", "-"),
		"dkim_sign names a file":        withOption("dkim-sign", "example.org:s:/etc/shadow"),
		"password_file names a file":    withOption("password-file", "/etc/shadow"),
		"password_command is a command": withOption("password-command", "cat /etc/shadow"),
		"token_command is a command":    withOption("token-command", "id"),
		"password_env reads the":        withOption("password-env", "HOME"),
		"send hands something":          withOption("send", "true"),
		"command hands something":       withOption("command", "ehlo=VRFY root"),
		"source is about the network":   withOption("source", "192.0.2.1"),
		"timeout is out of the bounds":  withOption("timeout", "10w"),
		"tls: \"perhaps\" is none of":   withOption("tls", "perhaps"),
		"has more than 65536 bytes":     withOption("helo", strings.Repeat("x", 1<<20)),
		"target is empty":               func(j *Job) { j.Target = "" },
		"neither a host name":           func(j *Job) { j.Target = "a..b" },
		"nobody knows it":               func(j *Job) { j.Credentials = []Credential{{Option: "password-env", Name: "OTHER"}} },
		"no credential \"helo\"":        func(j *Job) { j.Credentials = []Credential{{Option: "helo", Name: "PW"}} },
		"name of the credential":        func(j *Job) { j.Credentials = []Credential{{Option: "password-env", Name: "P\nW"}} },
		"tcp: no port 26":               func(j *Job) { j.Kind = "ping"; withOption("tcp", "26")(j) },
		"count is out of the bounds":    func(j *Job) { j.Kind = "ping"; withOption("count", "0")(j) },
		"interval is out of the":        func(j *Job) { j.Kind = "ping"; withOption("interval", "0")(j) },
		"mark is about the network":     func(j *Job) { j.Kind = "ping"; withOption("mark", "7")(j) },
		"interface is about":            func(j *Job) { j.Kind = "ping"; withOption("interface", "eth0")(j) },
	} {
		bad, good := agentJob(change), agentJob(func(j *Job) { j.ID = "good" })
		s, refused := ForAgent([]Job{bad, good}, agentKinds(), agentRules())
		if len(refused) != 1 || len(s.Checks) != 1 || s.Checks[0].Name != "good" {
			t.Errorf("%s: refused %v, %d checks are left", says, refused, len(s.Checks))
			continue
		}
		for _, err := range refused {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("it is refused with %q, want %q", err, says)
			}
		}
	}
}

// TestForAgentNamesFiles: no option of any kind that names a file is taken, whatever it is called.
func TestForAgentNamesFiles(t *testing.T) {
	for _, k := range agentKinds() {
		for _, o := range probe.New(k).Declared {
			if !strings.Contains(strings.ToLower(o.Usage), "file") {
				continue
			}
			j := agentJob(func(j *Job) { j.Kind = k.Name; withOption(o.Name, "@/etc/passwd")(j) })
			if s, _ := ForAgent([]Job{j}, agentKinds(), agentRules()); len(s.Checks) > 0 {
				t.Errorf("%s has --%s, of which the help says %q", k.Name, o.Name, o.Usage)
			}
		}
	}
}

// TestForAgentDependencies: a job that two have the name of, or that leads back to itself, is
// refused, and nobody else. Of what is not there nobody depends.
func TestForAgentDependencies(t *testing.T) {
	job := func(id string, needs ...string) Job {
		return agentJob(func(j *Job) { j.ID, j.DependsOn = id, needs })
	}
	s, refused := ForAgent([]Job{
		job("router"), job("mx", "router", "router", "mx", "gone"), job("a", "b", "router"), job("b", "c"), job("c", "a"),
		job("below", "a"), job("above", "mx"), job("twin"), job("twin"), job("of twin", "twin"),
	}, agentKinds(), agentRules())
	got := []string{}
	for _, c := range s.Checks {
		got = append(got, fmt.Sprint(c.Name, c.DependsOn))
	}
	if want := "router[] mx[router] below[] above[mx] of twin[]"; strings.Join(got, " ") != want {
		t.Errorf("the checks are %s, want %s", strings.Join(got, " "), want)
	}
	for _, id := range []string{"a", "b", "c", "twin"} {
		if refused[id] == nil {
			t.Errorf("%s is not refused", id)
		}
	}
	if len(refused) != 4 {
		t.Errorf("refused are %v", refused)
	}
}

// TestForAgentMany: jobs that are too many are refused, and a dense graph costs no more than its
// edges.
func TestForAgentMany(t *testing.T) {
	jobs := make([]Job, MaxJobs+5)
	for i := range jobs {
		jobs[i] = agentJob(func(j *Job) {
			j.ID, j.Kind = fmt.Sprint("job ", i), "ping"
			for n := 1; n <= 50; n++ {
				j.DependsOn = append(j.DependsOn, fmt.Sprint("job ", (i+n)%(MaxJobs/2)))
			}
		})
	}
	s, refused := ForAgent(jobs, agentKinds(), agentRules())
	if len(refused) < 5 || len(s.Checks)+len(refused) != len(jobs) {
		t.Errorf("%d are refused, %d taken", len(refused), len(s.Checks))
	}
}

// TestForAgentSecret: a secret is found by the check alone, and no variable of the process is.
func TestForAgentSecret(t *testing.T) {
	t.Setenv("STOLEN", "of the process")
	s, refused := ForAgent([]Job{agentJob(func(j *Job) {
		j.Options = settings.Values{{Name: "user", Text: "alice"}}
		j.Credentials = []Credential{{Option: "password-env", Name: "PW"}}
	})}, agentKinds(), agentRules())
	if len(refused) > 0 {
		t.Fatal(refused)
	}
	c := s.Checks[0]
	if got := c.getenv("PW"); got != "wonderland at mx.example.org" {
		t.Errorf("the secret is %q", got)
	}
	if got := c.getenv("STOLEN") + c.getenv("HOME"); got != "" {
		t.Errorf("the environment shows %q", got)
	}
	check, err := newCrew(&Runner{}).prepare(t.Context(), c)
	if err != nil || check.PrepareTarget(c.Targets[0]) != nil {
		t.Errorf("it is not ready: %v", err)
	}
}

// FuzzForAgent: whatever a centre sends, what comes of it can be run: it names no file and no
// command, and every job is taken or refused.
func FuzzForAgent(f *testing.F) {
	for _, j := range []Job{
		agentJob(func(*Job) {}), agentJob(withOption("body", "@/etc/passwd")), agentJob(withOption("expect", "ehlo=(a*)*b")),
		agentJob(func(j *Job) {
			j.Credentials, j.DependsOn, j.Between = []Credential{{Option: "password-env", Name: "PW"}}, []string{"mx"}, "mon 08:00-09:00"
		}),
		agentJob(func(j *Job) { j.Kind = "ping"; withOption("count", "3")(j) }),
	} {
		text, err := json.Marshal([]Job{j})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var jobs []Job
		if json.Unmarshal(text, &jobs) != nil {
			return
		}
		s, refused := ForAgent(jobs, agentKinds(), agentRules())
		for _, err := range refused {
			if err.Error() == "" || strings.Contains(err.Error(), "the check itself broke") {
				t.Errorf("refused with %q", err)
			}
		}
		for _, i := range s.Items() {
			for _, v := range i.Check.options {
				if o := probe.FindOption(i.Check.ready.Declared, v.Name); o.Writes || o.Type == probe.TypeFile || o.Type == probe.TypeCommand || o.Type.FileIn(v.Text) >= 0 {
					t.Errorf("%s is set to %q", v.Name, v.Text)
				}
			}
			if i.every() < time.Second || i.turn(time.Unix(0, 0), time.Time{}).IsZero() {
				t.Errorf("it is run every %s", i.every())
			}
		}
	})
}
