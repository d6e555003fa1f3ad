//go:build unix

package dnssec_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"mailprobe/dnssec"
	"mailprobe/dnssec/dnstest"
)

// BenchmarkLookup is the 22 questions about a signed domain, with a client that knows
// nothing yet. The processor time is that of the made-up DNS too.
func BenchmarkLookup(b *testing.B) {
	for _, algorithm := range []dnstest.Algorithm{dnstest.ECDSA, dnstest.RSASHA256, dnstest.Ed25519, dnstest.Unsigned} {
		b.Run(fmt.Sprint(algorithm), func(b *testing.B) {
			s := start(b, dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: mailZone, Algorithm: algorithm}}})
			begin := processorTime()
			var stats dnssec.Stats
			for b.Loop() {
				client := clientOf(b, s)
				if err := ask(b.Context(), client, "example.org"); err != nil {
					b.Fatal(err)
				}
				stats = client.Stats()
			}
			b.ReportMetric(float64(stats.Queries), "queries")
			b.ReportMetric(float64(stats.Signatures), "checks")
			b.ReportMetric(float64((processorTime()-begin).Microseconds())/1000/float64(b.N), "cpu-ms/op")
		})
	}
}

// BenchmarkDomains is the same about 1,000 domains with one client.
func BenchmarkDomains(b *testing.B) {
	const domains = 1000
	var w dnstest.World
	for i := range domains {
		w.Zones = append(w.Zones, dnstest.Zone{Name: fmt.Sprintf("d%d.org", i), Records: mailZone})
	}
	s := start(b, w)
	begin := processorTime()
	for b.Loop() {
		client := clientOf(b, s)
		slots, done := make(chan bool, 32), make(chan error, domains)
		for i := range domains {
			slots <- true
			go func() {
				done <- ask(b.Context(), client, fmt.Sprintf("d%d.org", i))
				<-slots
			}()
		}
		for range domains {
			if err := <-done; err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(client.Stats().Queries)/domains, "queries/domain")
		b.ReportMetric(float64(client.Stats().Signatures)/domains, "checks/domain")
	}
	b.ReportMetric((processorTime()-begin).Seconds()/float64(b.N), "cpu-s/op")
}

// BenchmarkCached is a question whose answer is known.
func BenchmarkCached(b *testing.B) {
	s := start(b, dnstest.World{Zones: []dnstest.Zone{{Name: "example.org", Records: mailZone}}})
	client := clientOf(b, s)
	for b.Loop() {
		if _, err := client.Lookup(b.Context(), "example.org", dnssec.TypeMX); err != nil {
			b.Fatal(err)
		}
	}
}

// processorTime is what this process has used.
func processorTime() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
