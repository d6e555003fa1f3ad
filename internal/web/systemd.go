package web

import (
	"context"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// manager is the service manager that has started this process, if it wants to know how it
// is (sd_notify(3)).
type manager struct{}

var systemd manager

// say sends a state. Where nobody listens, nothing is lost.
func (manager) say(state string) { _, _ = daemon.SdNotify(false, state) }

// ready says that the server answers, or has reloaded its file.
func (m manager) ready() { m.say(daemon.SdNotifyReady) }

// reloading says that a reload has begun: of units with Type=notify-reload, ready ends it.
func (m manager) reloading() { m.say(daemon.SdNotifyReloading + "\n" + daemon.SdNotifyMonotonicUsec()) }

// stopping says that the server is about to end.
func (m manager) stopping() { m.say(daemon.SdNotifyStopping) }

// feed feeds the watchdog of a unit with WatchdogSec=, as long as the server is alive.
func (m manager) feed(ctx context.Context, alive func() bool) {
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil || interval == 0 {
		return
	}
	feed := time.NewTicker(interval / 3)
	defer feed.Stop()
	for {
		if alive() {
			m.say(daemon.SdNotifyWatchdog)
		}
		select {
		case <-ctx.Done():
			return
		case <-feed.C:
		}
	}
}
