package delivery

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"mailprobe/compose"
	"mailprobe/probe"
)

// Messages of the user's own.

// declareOwn returns the options on what is in the message.
func (c *Check) declareOwn() []probe.Option {
	ours := []string{"subject", "header", "body", "html", "attach"}
	return slices.DeleteFunc(c.own.Declare(), func(o probe.Option) bool { return !slices.Contains(ours, o.Name) })
}

// prepareOwn checks what the message is to be made of.
func (c *Check) prepareOwn() error {
	for _, text := range c.own.Headers {
		name, _, _ := strings.Cut(text, ":")
		if name = strings.TrimSpace(name); strings.EqualFold(name, "Message-ID") || strings.EqualFold(name, runHeader) {
			return probe.OptionErrorf("%s %q: this field is mailprobe's own, by which it knows the message again", probe.OptionName("header"), name)
		}
	}
	if given := c.own.Given(); c.own.HasContent() {
		for option, set := range map[string]bool{"size": c.draft.Size > 0, "8bit": c.draft.EightBit, "long-lines": c.draft.LongLines} {
			if set {
				return probe.OptionErrorf("%s is for the text that mailprobe makes; leave out it or %s", probe.OptionName(option), given)
			}
		}
	}
	if err := c.own.Prepare(c.options); err != nil {
		return err
	}
	if !c.own.HasContent() {
		return nil
	}
	m, err := c.composeOwn(run{})
	switch {
	case err != nil:
		return probe.OptionErrorf("the message cannot be made: %w", err)
	case m.Size > maxSize:
		return probe.OptionErrorf("%s: the message has %d bytes, which are more than 64 MiB", c.own.Given(), m.Size)
	}
	c.ownSize = m.Size
	return nil
}

// Close closes the files that the message is made of.
func (c *Check) Close() error { return c.own.Close() }

// composeOwn makes a message of the user's own content.
func (c *Check) composeOwn(r run) (*compose.Message, error) {
	_, domain, _ := strings.Cut(c.From, "@")
	fields := []string{"Message-ID: " + r.messageID(c.From), runHeader + ": " + r.field(c.key)}
	if c.ExpectReply {
		fields = append(fields, "Auto-Submitted: "+c.draft.submitted())
	}
	return c.own.Compose(compose.Envelope{From: c.From, To: []string{c.To}, Host: domain, Fields: fields})
}

// message returns the message of the run, of the user's own content where there is some.
func (w *walk) message() (*compose.Message, error) {
	if w.own.HasContent() {
		return w.composeOwn(w.run)
	}
	return w.own.Edit(w.draft.compose(w.run, w.key, w.From, w.To))
}

// compose makes the message of the run.
func (w *walk) compose() error {
	m, err := w.message()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	text.Grow(int(m.Size))
	if _, err := m.WriteTo(&text); err != nil {
		return fmt.Errorf("the message cannot be made: %w", err)
	}
	w.text = text.Bytes()
	return nil
}
