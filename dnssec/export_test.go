package dnssec

// AnswerFile answers a question from a file alone.
func (c *Client) AnswerFile(z *ZoneFile, name string, kind Type) {
	if _, err := (question{name: canonical(name), kind: kind}).message().Pack(); err == nil && z.Contains(name) {
		z.answer(question{name: canonical(name), kind: kind})
	}
}
