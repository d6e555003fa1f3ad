package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"mailprobe/internal/report"
)

const monitoringGuide = "../../docs/monitoring.md"

// TestMonitoringGuide makes sure that the guide names formats and flags that there are,
// and every format for monitoring systems.
func TestMonitoringGuide(t *testing.T) {
	text, err := os.ReadFile(monitoringGuide)
	if err != nil {
		t.Fatal(err)
	}
	formats := report.Formats()
	for _, m := range regexp.MustCompile(`-o "?([a-z][a-z-]*)`).FindAllStringSubmatch(string(text), -1) {
		if !slices.Contains(formats, m[1]) {
			t.Errorf("the guide has the format %q, which there is not", m[1])
		}
	}
	for _, f := range formats {
		if report.IsPolled(f) && !strings.Contains(string(text), "-o "+f+"`") {
			t.Errorf("the guide says nothing of -o %s", f)
		}
	}
}

// muninPlugin is the plug-in of the guide, for another host, without TLS.
func muninPlugin(t *testing.T, mailprobe, host string) string {
	t.Helper()
	text, err := os.ReadFile(monitoringGuide)
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile("(?s)```sh\n(#!/bin/sh\n.*?)```").FindSubmatch(text)
	if m == nil {
		t.Fatal("the guide has no plug-in for Munin")
	}
	return strings.NewReplacer("/usr/local/bin/mailprobe", mailprobe, "mx1.example.org", "--tls=off "+host).Replace(string(m[1]))
}
