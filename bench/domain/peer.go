//go:build linux

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
)

// fetch has email-domain-check fetch what it knows of.
const fetch = `
require('node:dns').setServers(['` + dnsAddr + `']);
const { DomainChecker } = require('email-domain-check');
(async () => {
	const checker = new DomainChecker({ server: ['` + dnsAddr + `'], useLocalHostname: false });
	const of = (more) => ({ target: 'example.org', dkimSelector: 's1', useCache: false, ...more });
	const found = await Promise.all([checker.getMxRecord(of()), checker.getSpfRecord(of()), checker.getDkimRecord(of()), checker.getDmarcRecord(of())]);
	if (found.some((f) => !f || f.length === 0)) { console.error(JSON.stringify(found)); process.exit(1); }
})();
`

// peer is the command of the program to compare with.
func (b *bench) peer() ([]string, error) {
	node, err := exec.LookPath("node")
	if err != nil || b.peers == "" {
		return nil, errors.New("-peers names no folder with npm's email-domain-check")
	}
	if _, err := os.Stat(filepath.Join(b.peers, "node_modules", "email-domain-check")); err != nil {
		return nil, err
	}
	script := filepath.Join(b.peers, "fetch.cjs")
	return []string{node, script}, writeFile(script, fetch)
}
