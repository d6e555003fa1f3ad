package main

import (
	"fmt"
	"strings"
)

// A foreignFlag is a flag of a tool that users know, and what does the same here.
type foreignFlag struct {
	tool, theirs string
	ours         string // a flag of ours, or what to do instead
}

// foreignFlags are by command those that are not flags of ours.
var foreignFlags = map[string][]foreignFlag{
	"ping": {
		{"ping", "-s", "--size"},
		{"ping", "-I", "--interface NAME or --source ADDRESS"},
		{"ping", "-w", "--timeout"},
		{"ping", "-t", "--ttl"},
		{"ping", "-m", "--mark"},
		{"ping", "-M", "--dont-fragment, and --mtu finds what the path takes"},
		{"ping", "-Q", "--dscp, which is the upper six bits of it"},
		{"ping", "-p", "--pattern"},
		{"ping", "-f", "--interval 0"},
		{"ping", "-A", "--adaptive"},
		{"ping", "-n", "not needed: no names are looked up"},
		{"ping", "-O", "not needed: every probe without an answer is shown"},
		{"ping", "-b", "not possible: the answers to a broadcast come from many addresses; --alive NETWORK/PREFIX asks each host"},
		{"ping", "-R", "not possible: mailprobe trace shows the way"},
		{"ping", "-l", "--interval 0"},
		{"ping", "-S", "not needed: the receive buffer is as large as the system permits"},
		{"ping", "-L", "not needed"},
		{"ping", "-U", "not needed: --source and the fact queued say what passed in this machine"},

		{"fping", "-a", "--alive"},
		{"fping", "-u", "--dead"},
		{"fping", "-b", "--size"},
		{"fping", "-r", "--retries"},
		{"fping", "-B", "--backoff"},
		{"fping", "-p", "--interval"},
		{"fping", "-t", "--wait"},
		{"fping", "-l", "--count 0"},
		{"fping", "-f", "the target -, and the file as standard input: mailprobe ping - < FILE"},
		{"fping", "-g", "the network or the range as a target, such as 192.0.2.0/24 or 192.0.2.5-40"},
		{"fping", "-H", "--ttl"},
		{"fping", "-I", "--interface"},
		{"fping", "-S", "--source"},
		{"fping", "-O", "--dscp, which is the upper six bits of it"},
		{"fping", "-M", "--dont-fragment"},
		{"fping", "-m", "--all-addresses"},
		{"fping", "-Q", "--every"},
		{"fping", "-e", "not needed: the times are shown"},
		{"fping", "-s", "not needed: a summary is shown in the end"},
		{"fping", "-n", "not needed: the targets are shown as they were given"},
		{"fping", "--unreach", "--dead"},
		{"fping", "--iface", "--interface"},
		{"fping", "--src", "--source"},
		{"fping", "--tos", "--dscp, which is the upper six bits of it"},
		{"fping", "--retry", "--retries"},
		{"fping", "--period", "--interval"},
		{"fping", "--loop", "--count 0"},
		{"fping", "--generate", "the network or the range as a target, such as 192.0.2.0/24 or 192.0.2.5-40"},
		{"fping", "--file", "the target -, and the file as standard input: mailprobe ping - < FILE"},
		{"fping", "--squiet", "--every"},
		{"fping", "--vcount", "--samples"},
		{"fping", "-x", "--min-alive"},
		{"fping", "--reachable", "--min-alive"},
		{"fping", "--timestamp", "--timestamps"},

		{"check_icmp", "-H", "the host as the target, without a flag"},
		{"check_icmp", "-w", "--warn, such as --warn 100ms,20%"},
		{"check_icmp", "-n", "--count"},
		{"check_icmp", "-p", "--count"},
		{"check_icmp", "-s", "--source"},
		{"check_icmp", "-I", "--interval"},
		{"check_icmp", "-t", "--timeout"},
		{"check_icmp", "-l", "--ttl"},
		{"check_icmp", "-b", "--size"},
		{"check_icmp", "--warning", "--warn"},
		{"check_icmp", "--critical", "--crit"},
		{"check_icmp", "--packets", "--count"},
	},
}

// knownElsewhere says what a flag that is unknown to a command does in other tools, and what
// does the same here; empty where it is none of theirs.
func knownElsewhere(command, flag string) string {
	var texts []string
	for _, f := range foreignFlags[command] {
		if f.theirs == flag {
			texts = append(texts, fmt.Sprintf("%s's %s is %s", f.tool, f.theirs, f.ours))
		}
	}
	return strings.Join(texts, "; ")
}
