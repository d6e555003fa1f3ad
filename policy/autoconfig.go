package policy

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// MaxAutoconfig is the size of a configuration that is read, in bytes.
const MaxAutoconfig = 64 << 10

// maxMailServers bounds the servers of a configuration.
const maxMailServers = 32

// MailServer is a server in a configuration for mail programs.
type MailServer struct {
	// Type is imap, pop3 or smtp.
	Type string
	// Host is its name in lower case, without a trailing dot.
	Host string
	Port uint16
	// Socket is SSL for TLS from the start, STARTTLS, or plain.
	Socket string
}

// String returns the server in a few words.
func (m MailServer) String() string {
	return fmt.Sprintf("%s %s:%d %s", m.Type, m.Host, m.Port, m.Socket)
}

// Service returns the name that such a server's SRV records have (RFC 6186 §3, RFC 8314
// §5.1), empty for none.
func (m MailServer) Service() string {
	switch m.Type + " " + m.Socket {
	case "imap SSL":
		return "_imaps"
	case "imap STARTTLS":
		return "_imap"
	case "pop3 SSL":
		return "_pop3s"
	case "pop3 STARTTLS":
		return "_pop3"
	case "smtp SSL":
		return "_submissions"
	case "smtp STARTTLS":
		return "_submission"
	}
	return ""
}

// clientConfig is the XML of a configuration, as far as it is read.
type clientConfig struct {
	XMLName  xml.Name `xml:"clientConfig"`
	Provider struct {
		Incoming []xmlServer `xml:"incomingServer"`
		Outgoing []xmlServer `xml:"outgoingServer"`
	} `xml:"emailProvider"`
}

type xmlServer struct {
	Type   string `xml:"type,attr"`
	Host   string `xml:"hostname"`
	Port   string `xml:"port"`
	Socket string `xml:"socketType"`
}

// IsAutoconfig reports whether a page is meant to be a configuration: many web servers
// answer every question with some page.
func IsAutoconfig(page []byte) bool { return bytes.Contains(page, []byte("<clientConfig")) }

// ParseAutoconfig returns the servers in a configuration for mail programs, as Thunderbird
// and others fetch it (config-v1.1.xml), for addresses in a domain. Servers of other
// protocols and those whose name depends on the user are left out. Nothing outside of the
// text is read, and entities are not expanded.
func ParseAutoconfig(text []byte, domain string) ([]MailServer, error) {
	if len(text) > MaxAutoconfig {
		return nil, fmt.Errorf("the configuration is longer than %d bytes", MaxAutoconfig)
	}
	var c clientConfig
	in := xml.NewDecoder(bytes.NewReader(text))
	in.CharsetReader = asciiOnly
	if err := in.Decode(&c); err != nil {
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			err = fmt.Errorf("line %d: %.80s", syntax.Line, syntax.Msg)
		}
		return nil, fmt.Errorf("the XML is not valid: %w", err)
	}
	switch all := len(c.Provider.Incoming) + len(c.Provider.Outgoing); {
	case len(c.Provider.Incoming) == 0:
		return nil, errors.New("there is no incomingServer")
	case all > maxMailServers:
		return nil, fmt.Errorf("there are %d servers, more than %d", all, maxMailServers)
	}
	return mailServers(append(c.Provider.Incoming, c.Provider.Outgoing...), domain)
}

func mailServers(all []xmlServer, domain string) (servers []MailServer, err error) {
	for _, x := range all {
		m := MailServer{Type: strings.TrimSpace(x.Type), Socket: strings.TrimSpace(x.Socket)}
		m.Host = canonical(strings.ReplaceAll(strings.TrimSpace(x.Host), "%EMAILDOMAIN%", domain))
		if !slices.Contains([]string{"imap", "pop3", "smtp"}, m.Type) || strings.Contains(m.Host, "%") {
			continue
		}
		port, err := strconv.ParseUint(strings.TrimSpace(x.Port), 10, 16)
		switch m.Port = uint16(port); {
		case !isName(m.Host) || strings.Trim(m.Host, "abcdefghijklmnopqrstuvwxyz0123456789-.") != "":
			return nil, fmt.Errorf("the hostname %.80q is none", m.Host)
		case err != nil || port == 0:
			return nil, fmt.Errorf("the port %.80q of %s is none", x.Port, m.Host)
		case !slices.Contains([]string{"SSL", "STARTTLS", "plain"}, m.Socket):
			return nil, fmt.Errorf("the socketType %.80q of %s is none of SSL, STARTTLS, plain", m.Socket, m.Host)
		}
		servers = append(servers, m)
	}
	return servers, nil
}

// asciiOnly reads a text in any encoding that has ASCII in it, with question marks in the
// place of all else: the names of servers are ASCII.
func asciiOnly(_ string, in io.Reader) (io.Reader, error) {
	text, err := io.ReadAll(in)
	for i, b := range text {
		if b >= 0x80 {
			text[i] = '?'
		}
	}
	return bytes.NewReader(text), err
}
