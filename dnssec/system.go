package dnssec

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/miekg/dns"
)

// systemConfig is what this machine is set to (resolv.conf(5), hosts(5)).
type systemConfig struct {
	servers []string
	search  *dns.ClientConfig
	hosts   map[string][]netip.Addr
}

const (
	resolvConf   = "/etc/resolv.conf"
	hostsFile    = "/etc/hosts"
	maxHostsFile = 1 << 20
)

func readSystem(resolvConf, hostsFile string) (systemConfig, error) {
	conf, err := dns.ClientConfigFromFile(resolvConf)
	if err != nil {
		return systemConfig{}, fmt.Errorf("no resolver is known: %w", err)
	}
	s := systemConfig{search: conf, hosts: readHosts(hostsFile)}
	for _, server := range conf.Servers {
		s.servers = append(s.servers, net.JoinHostPort(server, conf.Port))
	}
	if len(s.servers) == 0 { // resolv.conf(5): the default is the local machine
		s.servers = []string{net.JoinHostPort("127.0.0.1", conf.Port)}
	}
	return s, nil
}

// candidates returns the names that a name of one label stands for.
func (s systemConfig) candidates(host string) []string {
	return s.search.NameList(host)
}

func readHosts(path string) map[string][]netip.Addr {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	return parseHosts(file)
}

// parseHosts reads lines of an address and names, up to a comment.
func parseHosts(r io.Reader) map[string][]netip.Addr {
	hosts := map[string][]netip.Addr{}
	for lines := bufio.NewScanner(io.LimitReader(r, maxHostsFile)); lines.Scan(); {
		line, _, _ := strings.Cut(lines.Text(), "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		addr, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		for _, name := range fields[1:] {
			name = canonical(name)
			hosts[name] = append(hosts[name], addr)
		}
	}
	return hosts
}

// local returns addresses that need no query: those of /etc/hosts, and of localhost
// (RFC 6761 §6.3).
func (c *Client) local(host string, kinds []Type) []netip.Addr {
	name := canonical(host)
	var all []netip.Addr
	if len(c.options.Servers) == 0 {
		system, _ := c.system()
		all = system.hosts[name]
	}
	if len(all) == 0 && within(name, "localhost.") {
		all = []netip.Addr{netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()}
	}
	var addrs []netip.Addr
	for _, addr := range all {
		wanted := TypeAAAA
		if addr.Unmap().Is4() {
			wanted = TypeA
		}
		for _, kind := range kinds {
			if kind == wanted {
				addrs = append(addrs, addr)
			}
		}
	}
	return addrs
}
