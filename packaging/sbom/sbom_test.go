package main

import (
	"bytes"
	"debug/buildinfo"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schema returns the schema of CycloneDX, which comes with its library.
func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	for file, id := range map[string]string{
		"bom-1.6.schema.json":   "http://cyclonedx.org/schema/bom-1.6.schema.json",
		"spdx.schema.json":      "http://cyclonedx.org/schema/spdx.schema.json",
		"jsf-0.82.schemax.json": "http://cyclonedx.org/schema/jsf-0.82.schema.json",
	} {
		f, err := os.Open(filepath.Join(strings.TrimSpace(string(dir)), "schema", file))
		if err != nil {
			t.Fatal(err)
		}
		document, err := jsonschema.UnmarshalJSON(f)
		_ = f.Close()
		if err == nil {
			err = c.AddResource(id, document)
		}
		if err != nil {
			t.Fatal(file, err)
		}
	}
	return c.MustCompile("http://cyclonedx.org/schema/bom-1.6.schema.json")
}

// TestBOM: the bill of this test's own program follows the schema of CycloneDX, lists every
// module that is linked with its licence, and is the same each time.
func TestBOM(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := []string{filepath.Join(dir, "1.json"), filepath.Join(dir, "2.json")}
	for _, file := range files {
		if err := run(program, "v1.2.3", file, filepath.Join(dir, "copyright")); err != nil {
			t.Fatal(err)
		}
	}
	first, second := read(t, files[0]), read(t, files[1])
	if !bytes.Equal(first, second) {
		t.Error("two bills of one program differ")
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(first))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema(t).Validate(document); err != nil {
		t.Error(err)
	}
	var bom struct {
		Metadata   struct{ Component struct{ Version string } }
		Components []struct {
			Name     string
			Licenses []struct{ License struct{ ID string } }
		}
	}
	if err := json.Unmarshal(first, &bom); err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if len(bom.Components) != len(info.Deps)+1 || bom.Metadata.Component.Version != "v1.2.3" {
		t.Errorf("%d components of %d modules, version %q", len(bom.Components), len(info.Deps), bom.Metadata.Component.Version)
	}
	copyright := string(read(t, filepath.Join(dir, "copyright")))
	for _, c := range bom.Components {
		if len(c.Licenses) == 0 || !strings.Contains(copyright, "\nFiles: "+c.Name+"@") {
			t.Errorf("%s has %d licences; or it is not in the copyright file", c.Name, len(c.Licenses))
		}
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestUnknownLicence: a module whose licence is not known, or that has none, ends it.
func TestUnknownLicence(t *testing.T) {
	dir := t.TempDir()
	if err := (&module{path: "example.org/a"}).license(dir); err == nil {
		t.Error("no text")
	}
	if err := os.WriteFile(filepath.Join(dir, "LICENSE"), []byte("Copyright 2020 X\n\nAsk me first.\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := (&module{path: "example.org/a"}).license(dir); err == nil {
		t.Error("a text that is no known licence")
	}
	if err := (&module{path: "example.org/a"}).license(""); err == nil {
		t.Error("a module that is not unpacked")
	}
}

// TestCopyright: the paragraphs follow Debian's format.
func TestCopyright(t *testing.T) {
	text := copyrightFile([]module{
		{path: "example.org/a", version: "v1", licences: []string{"MIT"}, holders: []string{"2020 A", "2021 B"}, texts: []string{"Permission is\n\n\tgranted"}},
		{path: "example.org/b", version: "v2", licences: []string{"Apache-2.0"}, texts: []string{" Apache License\n Version 2.0, January 2004\n...\n END OF TERMS AND CONDITIONS", "B has parts of C."}},
	})
	for _, want := range []string{
		"\n\nFiles: example.org/a@v1/*\nCopyright: 2020 A\n           2021 B\nLicense: MIT~example.org~a\n Permission is\n .\n     granted\n",
		"\n\nFiles: example.org/b@v2/*\nCopyright: The authors of example.org/b\nLicense: Apache-2.0\nComment:\n B has parts of C.\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
