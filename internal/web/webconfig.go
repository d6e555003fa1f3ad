package web

import (
	"context"
	"errors"
	"log/slog"
	"os"

	toolkit "github.com/prometheus/exporter-toolkit/web"

	"mailprobe/internal/settings"
)

// webConfig is what the frame has to know of the file that exporter-toolkit reads.
type webConfig struct {
	// tls is whether the listeners speak TLS, users whether requests need a log-in.
	tls, users bool
}

// readWebConfig reads the file. exporter-toolkit reads it for each request, too, so that
// changes count at once.
func readWebConfig(name string) (c webConfig) {
	if name == "" {
		return c
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return c
	}
	document, top := settings.Parse(name, text)
	if top.IsZero() {
		return c
	}
	for _, p := range document.Pairs(top, "the file") {
		switch p.Name {
		case "tls_server_config":
			c.tls = p.Value.IsMapping()
		case "basic_auth_users":
			c.users = p.Value.IsMapping() && len(document.Pairs(p.Value, p.Name)) > 0
		}
	}
	return c
}

// checkWebConfig returns what is wrong with the file.
func checkWebConfig(name string) error {
	if err := toolkit.Validate(name); err != nil {
		return &configError{err}
	}
	return nil
}

// configError is an error of the web config.
type configError struct{ error }

// Error implements error.
func (e *configError) Error() string { return "--web.config.file: " + e.error.Error() }

// Unwrap returns the cause.
func (e *configError) Unwrap() error { return e.error }

// toolkitLog passes on what exporter-toolkit says of errors.
type toolkitLog struct{ log func(error) }

// Enabled implements slog.Handler.
func (toolkitLog) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle implements slog.Handler.
func (l toolkitLog) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool {
		text += ": " + a.Value.String()
		return true
	})
	l.log(&configError{errors.New(text)})
	return nil
}

// WithAttrs implements slog.Handler.
func (l toolkitLog) WithAttrs([]slog.Attr) slog.Handler { return l }

// WithGroup implements slog.Handler.
func (l toolkitLog) WithGroup(string) slog.Handler { return l }
