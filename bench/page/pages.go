//go:build unix

package main

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// requests is how often each page is asked for.
const requests = 31

// pages prints how long pages take: the first request after the start by itself, as the
// board is read for it, and the median and the longest of the others.
func (s *site) pages() error {
	fmt.Printf("| page | size, with gzip | first byte, median (longest) | whole, median (longest) | goal |\n| --- | --- | --- | --- | --- |\n")
	check := "/check/" + url.PathEscape(s.firstID)
	for _, p := range []struct{ name, path, goal string }{
		{"`/`", "/", "60 ms, 150 ms, 300 kB"},
		{"a check, 90 days", check, "100 ms"},
		{"a check, 7 days", check + "?from=-7d", "100 ms"},
		{"a check, 24 hours", check + "?from=-1d", ""},
		{"a check, its failures", check + "?results=failures", ""},
		{"a result", "/result/" + url.PathEscape(s.firstID), ""},
		{"`/public`", "/public", ""},
		{"a badge", "/badge/uptime/" + url.PathEscape(s.firstID) + ".svg", ""},
	} {
		if err := s.page1(p.name, p.path, p.goal); err != nil {
			return err
		}
	}
	return nil
}

func (s *site) page1(name, path, goal string) error {
	var firsts, wholes []time.Duration
	var size, packed int64
	for range requests {
		first, whole, body, err := get(s.address + path)
		if err != nil {
			return err
		}
		firsts, wholes = append(firsts, first), append(wholes, whole)
		size = int64(len(body))
		packed = gzipped(body)
	}
	if name == "`/`" {
		fmt.Printf("| the first `/` after the start | | %s | %s | |\n", firsts[0].Round(100*time.Microsecond), wholes[0].Round(100*time.Microsecond))
		firsts, wholes = firsts[1:], wholes[1:]
	}
	fmt.Printf("| %s | %.0f kB, %.0f kB | %s | %s | %s |\n", name, float64(size)/1000, float64(packed)/1000, spread(firsts), spread(wholes), goal)
	return nil
}

// spread returns the median and the longest of some times.
func spread(all []time.Duration) string {
	all = slices.Sorted(slices.Values(all))
	return fmt.Sprintf("%s (%s)", all[len(all)/2].Round(100*time.Microsecond), all[len(all)-1].Round(100*time.Microsecond))
}

// get asks for a page, and returns when its first byte and its last one came.
func get(address string) (first, whole time.Duration, body []byte, err error) {
	begin := time.Now()
	r, err := http.Get(address)
	if err != nil {
		return 0, 0, nil, err
	}
	defer func() { _ = r.Body.Close() }()
	one := make([]byte, 1)
	if _, err := io.ReadFull(r.Body, one); err != nil {
		return 0, 0, nil, err
	}
	first = time.Since(begin)
	rest, err := io.ReadAll(r.Body)
	if r.StatusCode != http.StatusOK {
		return 0, 0, nil, fmt.Errorf("%s: %s", address, r.Status)
	}
	return first, time.Since(begin), append(one, rest...), err
}

// gzipped returns how long a page is with gzip.
func gzipped(body []byte) int64 {
	var n counter
	z := gzip.NewWriter(&n)
	_, _ = z.Write(body)
	_ = z.Close()
	return int64(n)
}

type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
