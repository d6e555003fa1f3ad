// Package fleet is what the centre of a fleet, its agents and its bulk runs say to each
// other over NATS: subjects, messages, tokens and connections.
package fleet
