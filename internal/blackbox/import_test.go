package blackbox

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailprobe/imapcheck"
	"mailprobe/internal/suite"
	"mailprobe/pingcheck"
	"mailprobe/pop3check"
	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

var update = flag.Bool("update", false, "write the golden files")

func kinds() []probe.Kind {
	return []probe.Kind{smtpcheck.Kind(), pop3check.Kind(), imapcheck.Kind(), pingcheck.Kind()}
}

// TestImport: blackbox_exporter's own files, and one with all that its tcp and icmp probers
// have, become what the golden files say, which load without a problem.
func TestImport(t *testing.T) {
	names, err := filepath.Glob("testdata/*.yml")
	if err != nil || len(names) < 3 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(filepath.Base(name), func(t *testing.T) {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			file, notes := Import(filepath.Base(name), text)
			got := string(file) + "---\n" + notes.String()
			golden := strings.TrimSuffix(name, ".yml") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || got != string(want) {
				t.Errorf("%s differs (%v):\n%s", golden, err, got)
			}
			loads(t, file)
			if len(notes.Errors()) > 0 {
				t.Errorf("errors: %s", notes.Errors())
			}
		})
	}
}

// loads fails unless a file of modules has no problem.
func loads(t *testing.T, file []byte) *suite.Suite {
	t.Helper()
	s, problems := suite.Parse("imported.yaml", file, kinds())
	if len(problems) > 0 {
		t.Errorf("the result does not load: %s\n%s", problems, file)
	}
	return s
}

// TestImportSecrets: what a module sends or holds as a secret is neither in the result nor
// in a warning.
func TestImportSecrets(t *testing.T) {
	file, notes := Import("b.yml", []byte(`modules:
  login:
    prober: tcp
    tcp:
      tls: true
      tls_config: {key: "hunter2 key", cert: "hunter2 cert", key_file: /etc/key.pem}
      query_response:
        - expect: "^\\+OK"
        - send: "USER alice"
        - expect: "^\\+OK"
        - send: "PASS hunter2"
        - expect: "^\\+OK"
  web:
    prober: http
    http: {basic_auth: {username: alice, password: hunter2}, bearer_token: hunter2}
`))
	all := string(file) + notes.String()
	if strings.Contains(all, "hunter2") || strings.Contains(all, "key.pem") {
		t.Errorf("a secret is shown:\n%s", all)
	}
	for _, want := range []string{"kind: pop3", "tls: implicit", "b.yml:9:1: warning: module login: what it sends from here on was left out, as it logs in", "b.yml:14:1: warning: module web: prober http"} {
		if !strings.Contains(all, want) {
			t.Errorf("%q is missing in\n%s", want, all)
		}
	}
	if s := loads(t, file); len(s.Modules) != 1 {
		t.Errorf("%d modules", len(s.Modules))
	}
}

// TestImportNothing: a file that is none, or has nothing for mailprobe, is told apart from
// one that was turned.
func TestImportNothing(t *testing.T) {
	for _, text := range []string{"", "modules:", "[]", "modules: {a: {prober: http}}", "checks: []", "a: b: c", "modules: [1]", "modules: {a: 1}", "\x00"} {
		file, notes := Import("b.yml", []byte(text))
		if file != nil || len(notes) == 0 {
			t.Errorf("%q became %q with %v", text, file, notes)
		}
	}
}

// FuzzImport: whatever the file, there is no panic, and what comes out of it loads.
func FuzzImport(f *testing.F) {
	names, _ := filepath.Glob("testdata/*.yml")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Add("modules: {a-b: {prober: icmp}, a_b: {prober: icmp}}")
	f.Add("modules: {\"${A}\": {prober: icmp, timeout: 0.1ns, icmp: {ttl: 007}}}")
	f.Fuzz(func(t *testing.T, text string) {
		file, _ := Import("b.yml", []byte(text))
		if file == nil {
			return
		}
		if _, problems := suite.Parse("imported.yaml", file, kinds()); len(problems) > 0 {
			t.Errorf("%q does not load: %s\n%s", text, problems, file)
		}
	})
}
