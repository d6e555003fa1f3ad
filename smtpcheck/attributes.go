package smtpcheck

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mailprobe/probe"
)

// The attributes of XCLIENT and XFORWARD, by which a Postfix that permits it takes a client
// for another, or is told where mail came from.

// xforwardNames are the attributes of XFORWARD (Postfix: XFORWARD_README).
func xforwardNames() []string {
	return []string{"NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE"}
}

func (c *Check) prepareAttributes() (err error) {
	for i, x := range c.Xclient {
		if c.Xclient[i], err = attribute("xclient", x); err != nil {
			return err
		}
	}
	for i, x := range c.Xforward {
		if c.Xforward[i], err = attribute("xforward", x); err != nil {
			return err
		}
		if name, _, _ := strings.Cut(c.Xforward[i], "="); !slices.Contains(xforwardNames(), name) {
			return probe.OptionErrorf("%s: there is no attribute %q; there are %s", probe.OptionName("xforward"), name, strings.Join(xforwardNames(), ", "))
		}
	}
	return nil
}

// attribute encodes the value of NAME=VALUE as xtext, as Postfix wants it.
func attribute(option probe.OptionName, text string) (string, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" || strings.Trim(strings.ToUpper(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", probe.OptionErrorf("%s %q is not NAME=VALUE such as ADDR=192.0.2.1", option, text)
	}
	return strings.ToUpper(name) + "=" + xtext(value), nil
}

func (w *walk) xclient(s *probe.Step) error {
	if !w.session.Extensions.Has("XCLIENT") {
		return probe.Because(CauseXclient, errors.New("the server does not offer XCLIENT to this host"))
	}
	r, err := w.session.Xclient(w.Xclient...)
	return w.judge(s, r, err)
}

// xforward says where the mail comes from. What the server does not take is not sent to it.
func (w *walk) xforward(s *probe.Step) error {
	if !w.session.Extensions.Has("XFORWARD") {
		return probe.Because(CauseXforward, errors.New("the server does not offer XFORWARD to this host"))
	}
	takes := w.session.Extensions.Params("XFORWARD")
	for _, x := range w.Xforward {
		if name, _, _ := strings.Cut(x, "="); !slices.Contains(takes, name) {
			return probe.Because(CauseExtension.Advise("leave the attribute out"), fmt.Errorf("the server takes no %s in XFORWARD (it takes %s)", name, strings.Join(takes, " ")))
		}
	}
	r, err := w.session.Xforward(w.Xforward...)
	return w.judge(s, r, err)
}
