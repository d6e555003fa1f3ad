package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/CycloneDX/cyclonedx-go"
)

// writeBOM writes the bill of materials. It has no time and no random number in it: the
// same program has the same bill.
func writeBOM(w io.Writer, info *debug.BuildInfo, modules []module) error {
	program := component(module{path: info.Main.Path, version: info.Main.Version, licences: []string{"Apache-2.0"}})
	program.Type = cyclonedx.ComponentTypeApplication
	var settings []cyclonedx.Property
	for _, s := range info.Settings {
		settings = append(settings, cyclonedx.Property{Name: "go:build:" + s.Key, Value: s.Value})
	}
	program.Properties = &settings
	var parts []cyclonedx.Component
	var refs []string
	for _, m := range modules {
		c := component(m)
		parts, refs = append(parts, c), append(refs, c.BOMRef)
	}
	bom := cyclonedx.NewBOM()
	bom.JSONSchema = "http://cyclonedx.org/schema/bom-1.6.schema.json"
	bom.SerialNumber = serial(info.String())
	bom.Metadata = &cyclonedx.Metadata{Component: &program}
	bom.Components = &parts
	bom.Dependencies = &[]cyclonedx.Dependency{{Ref: program.BOMRef, Dependencies: &refs}}
	return cyclonedx.NewBOMEncoder(w, cyclonedx.BOMFileFormatJSON).SetPretty(true).Encode(bom)
}

// component describes a module.
func component(m module) cyclonedx.Component {
	purl := fmt.Sprintf("pkg:golang/%s@%s", m.path, url.PathEscape(m.version))
	c := cyclonedx.Component{BOMRef: purl, Type: cyclonedx.ComponentTypeLibrary, Name: m.path, Version: m.version, PackageURL: purl}
	var licences cyclonedx.Licenses
	for _, id := range m.licences {
		licences = append(licences, cyclonedx.LicenseChoice{License: &cyclonedx.License{ID: id}})
	}
	c.Licenses = &licences
	if m.sum != "" {
		c.Properties = &[]cyclonedx.Property{{Name: "go:sum", Value: "h1:" + m.sum}}
	}
	return c
}

// serial returns the identifier of a bill, a UUID made of a text (RFC 9562 §5.8).
func serial(text string) string {
	sum := sha256.Sum256([]byte(text))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80
	return strings.Join([]string{"urn:uuid:" + fmt.Sprintf("%x", sum[:4]), fmt.Sprintf("%x", sum[4:6]), fmt.Sprintf("%x", sum[6:8]),
		fmt.Sprintf("%x", sum[8:10]), fmt.Sprintf("%x", sum[10:16])}, "-")
}
