// Package domain checks the mail of a whole domain: how it receives, by whom it sends,
// and where reports about that go. It asks DNS by package dnssec, judges the records by
// package policy, and makes a step of each subject.
package domain
