package suite

import (
	"strings"
	"testing"

	"mailprobe/probe"
	"mailprobe/smtpcheck"
)

// TestWrites: an option that writes a file is none of a file of checks, nor of its schema.
func TestWrites(t *testing.T) {
	kinds := []probe.Kind{smtpcheck.Kind()}
	for _, text := range []string{
		"checks: [{name: a, kind: smtp, target: mx.example.org, cert_out: x.pem}]",
		"defaults: {cert_out: x.pem}\nchecks: [{name: a, kind: smtp, target: mx.example.org}]",
		"defaults: {smtp: {cert_out: x.pem}}\nchecks: [{name: a, kind: smtp, target: mx.example.org}]",
		"modules: {a: {kind: smtp, cert_out: x.pem}}",
	} {
		_, problems := Parse("file", []byte(text), kinds)
		said := problems.Errors().Error()
		if strings.Count(said, "error:") != 1 || !strings.Contains(said, "cert_out is for the command line alone") {
			t.Errorf("%s: %s", text, said)
		}
	}
	if schema := string(Schema(kinds)); strings.Contains(schema, "cert_out") || !strings.Contains(schema, "tls_ciphers") {
		t.Error("the schema has cert_out, or lacks tls_ciphers")
	}
}
