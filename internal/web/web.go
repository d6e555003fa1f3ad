// Package web is the frame of `mailprobe serve`: listeners, TLS and log-in, limits, and what
// every server of its sort has: metrics, health and reload.
//
// What a visitor comes for are parts. A part registers its routes, written as if the server
// were at the root of a host, and gets limits, deadlines, security headers and the check of
// where a request comes from:
//
//	connection -> limits -> TLS and log-in (exporter-toolkit) -> guard -> routes of the parts
package web

import (
	"net/http"
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
	// WebConfig is the file with TLS and log-ins, as exporter-toolkit has it; empty for
	// neither.
	WebConfig string
	// Address says where visitors find the server.
	Address Address
	// Parts are what it serves.
	Parts []Part
	// Log takes what is worth a line: errors, and changes that were asked for.
	Log func(error)
}
