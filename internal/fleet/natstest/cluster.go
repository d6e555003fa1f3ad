package natstest

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Cluster starts servers that are one cluster, n1 to nN, each with its own options, and waits
// until JetStream's leader has heard from all. It needs curl.
func Cluster(tb testing.TB, each ...Options) []*Server {
	tb.Helper()
	var routes []string
	for _, o := range each {
		routes = append(routes, port(tb, o.host(), "6222"))
	}
	var all []*Server
	for i, o := range each {
		monitor := port(tb, o.host(), "8222")
		config := fmt.Sprintf("http: %q\ncluster { name: test, listen: %q, routes: [ nats://%s ] }\n", monitor, routes[i], strings.Join(routes, ", nats://"))
		s := prepare(tb, o, fmt.Sprint("n", i+1), config)
		s.ask = append(append([]string{}, o.Prefix...), "curl", "-s", "http://"+monitor+"/jsz")
		s.start()
		all = append(all, s)
	}
	for _, s := range all {
		s.await("metadata leader")
	}
	for !knowsAll(tb, all) {
		time.Sleep(20 * time.Millisecond)
	}
	return all
}

// knowsAll reports whether one of the servers leads and has heard from all others.
func knowsAll(tb testing.TB, all []*Server) bool {
	for _, s := range all {
		out, err := exec.Command(s.ask[0], s.ask[1:]...).Output()
		if err != nil {
			tb.Fatalf("%q: %v; %s", s.ask, err, s.Log())
		}
		var state struct {
			Meta struct {
				Replicas []struct{ Current, Offline bool }
			} `json:"meta_cluster"`
		}
		if err := json.Unmarshal(out, &state); err != nil {
			tb.Fatalf("%q: %v: %s", s.ask, err, out)
		}
		heard := 0
		for _, r := range state.Meta.Replicas {
			if r.Current && !r.Offline {
				heard++
			}
		}
		if heard == len(all)-1 {
			return true
		}
	}
	return false
}

// URLs are those of all servers, as a client takes them.
func URLs(all []*Server) string {
	var urls []string
	for _, s := range all {
		urls = append(urls, s.URL)
	}
	return strings.Join(urls, ",")
}
