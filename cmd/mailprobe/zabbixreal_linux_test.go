package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mailprobe/internal/report/reporttest"
)

// zabbixFrontend is the folder of Zabbix' own import.
const zabbixFrontend = "/var/cache/mailprobe-test/usr/share/zabbix"

// TestZabbixImport has the import of Zabbix read the templates.
func TestZabbixImport(t *testing.T) {
	php, env := unpackedTool(t, "php8.2")
	extensions, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(php)), "lib/php/*/mbstring.so"))
	if err != nil || len(extensions) != 1 {
		t.Fatalf("%v, %v", extensions, err)
	}
	file, err := filepath.Abs(zabbixTemplate)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), php, "-n", "-d", "extension_dir="+filepath.Dir(extensions[0]), "-d", "extension=mbstring.so", "-d", "extension=ctype.so",
		"testdata/zabbiximport.php", zabbixFrontend, file)
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil || string(out) != "5 templates, 15 triggers\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestZabbixAgent has both agents of Zabbix run the user parameters, and looks for the
// values that the templates take from what they return.
func TestZabbixAgent(t *testing.T) {
	address, arguments := monitored(t)
	flags := strings.TrimSpace(strings.Replace(arguments["check_mailprobe_smtp"][0], " -t alice@example.org", "", 1))
	file := strings.Fields(arguments["check_mailprobe_file"][0])[0]
	parameters := contributed(t, "zabbix/mailprobe.conf")
	for _, agent := range []string{"zabbix_agentd", "zabbix_agent2"} {
		program, env := unpackedTool(t, agent)
		dir := t.TempDir()
		writeFiles(t, dir, map[string]string{"agent.conf": "Server=127.0.0.1\nTimeout=30\nLogType=console\n" + parameters})
		ask := func(key string) string {
			cmd := exec.CommandContext(t.Context(), program, "-c", filepath.Join(dir, "agent.conf"), "-t", key)
			cmd.Env = append(env, "XDG_STATE_HOME="+dir)
			out, err := cmd.Output()
			m := regexp.MustCompile(`(?s)\[[ts]\|(.*)\]\s*$`).FindSubmatch(out)
			if err != nil || m == nil {
				t.Fatalf("%s -t %s: %v\n%s", agent, key, err, out)
			}
			return string(m[1])
		}
		results := reporttest.Valid(t, ask("mailprobe.check[smtp,\""+address+"\",\""+flags+"\"]"))
		if got := at(t, results, "$[0].status"); got != "OK" {
			t.Errorf("%s: status %v", agent, got)
		}
		if got := at(t, results, "$[0].steps[*].facts[?(@.name == 'cert_days_left')].value.first()"); got != 90.0 {
			t.Errorf("%s: %v days", agent, got)
		}
		results = reporttest.Valid(t, ask("mailprobe.check[smtp,127.0.0.1:1,]")) // the exit code is 2
		if got := at(t, results, "$[0].cause"); got != "refused" {
			t.Errorf("%s: cause %v", agent, got)
		}
		if results := reporttest.Valid(t, ask("mailprobe.file["+file+"]")); len(results) != 1 || results[0]["name"] != "relay" {
			t.Errorf("%s: of a file %v", agent, results)
		}
	}
}

// at returns what a path of the templates leads to, of the two forms that they have.
func at(t *testing.T, results []map[string]any, path string) any {
	t.Helper()
	text, err := json.Marshal(results[0])
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Steps []struct {
			Facts []struct {
				Name  string
				Value any
			}
		}
	}
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`^\$\[0\]\.(\w+)$`).FindStringSubmatch(path); m != nil {
		return results[0][m[1]]
	}
	m := regexp.MustCompile(`^\$\[0\]\.steps\[\*\]\.facts\[\?\(@\.name == '(\w+)'\)\]\.value\.first\(\)$`).FindStringSubmatch(path)
	if m == nil {
		t.Fatalf("the path %s is of another form", path)
	}
	for _, s := range r.Steps {
		for _, f := range s.Facts {
			if f.Name == m[1] {
				return f.Value
			}
		}
	}
	return nil
}
