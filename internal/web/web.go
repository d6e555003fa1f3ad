// Package web is the frame of `mailprobe serve`: listeners, TLS and log-in, limits, and what
// every server of its sort has: metrics, health and reload.
//
// What visitors come for are parts. A part registers its routes as if the server were at the
// root of a host. The frame bounds connections, requests and bodies, and decides from where
// a change is accepted:
//
//	connection -> limits -> TLS and log-in -> prefix -> guard -> compression -> part
//
// TLS and log-in are those of exporter-toolkit.
package web

import (
	"net/http"

	"mailprobe/internal/suite"
)

// Part adds routes to the server.
type Part interface {
	// Register adds patterns such as "GET /probe", without the route prefix.
	Register(mux *http.ServeMux)
}

// Config configures a server.
type Config struct {
	// Listen are the addresses to listen at, HOST:PORT, [IPV6]:PORT or :PORT.
	Listen []string
	// Sockets is whether to listen at the sockets that systemd has opened, too.
	Sockets bool
	// WebConfig is the file with TLS and log-ins, as exporter-toolkit has it; empty for
	// neither.
	WebConfig string
	// Address says where visitors find the server.
	Address Address
	// Parts are what it serves.
	Parts []Part
	// Metrics are those of /metrics.
	Metrics *Metrics
	// Scheduler runs the checks; nil where there is no file.
	Scheduler *suite.Scheduler
	// Reloader reads the file anew; nil where there is none.
	Reloader *Reloader
	// Log takes what is worth a line: errors, and changes that were asked for.
	Log func(error)
}
