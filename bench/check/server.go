//go:build linux

package main

import (
	"net"
	"strings"

	"mailprobe/wire/wiretest"
)

// listen serves on loopback until the program ends.
func listen(session func(net.Conn) error) (addr string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go wiretest.Accept(listener, session)
	return listener.Addr().String(), nil
}

// plain serves the SMTP that a check without TLS needs.
func plain(conn net.Conn) error {
	return speak(conn, "220 mx.example.org ESMTP\r\n", "250-mx.example.org\r\n250-PIPELINING\r\n250 SIZE 10240000\r\n")
}

// pop3 and imap serve what a check without TLS and login needs.
func pop3(conn net.Conn) error {
	return converse(conn, "+OK ready\r\n", func(line string) (reply string, last bool) {
		switch {
		case strings.HasPrefix(line, "QUIT"):
			return "+OK bye\r\n", true
		case strings.HasPrefix(line, "CAPA"):
			return "+OK\r\nTOP\r\nUIDL\r\nUSER\r\n.\r\n", false
		}
		return "-ERR unknown\r\n", false
	})
}

func imap(conn net.Conn) error {
	const capabilities = "CAPABILITY IMAP4rev1 IDLE LITERAL+"
	return converse(conn, "* OK ["+capabilities+"] ready\r\n", func(line string) (reply string, last bool) {
		tag, command, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(command, "LOGOUT"):
			return "* BYE\r\n" + tag + " OK done\r\n", true
		case strings.HasPrefix(command, "CAPABILITY"):
			return "* " + capabilities + "\r\n" + tag + " OK done\r\n", false
		}
		return tag + " BAD unknown\r\n", false
	})
}

// flood is a valid session with as much text as a session may have: twice 120 lines of
// 4,000 bytes.
func flood(conn net.Conn) error {
	lines := func(code string) string {
		return strings.Repeat(code+"-"+strings.Repeat("x", 3994)+"\r\n", 120) + code + " mx.example.org\r\n"
	}
	return speak(conn, lines("220"), lines("250"))
}

// hostile floods after every command until the client closes the connection.
func hostile(conn net.Conn) error {
	line := "220-" + strings.Repeat("y", 4000) + "\r\n"
	for {
		if _, err := conn.Write([]byte(line)); err != nil {
			return err
		}
	}
}

func speak(conn net.Conn, greeting, hello string) error {
	return converse(conn, greeting, func(line string) (reply string, last bool) {
		if strings.HasPrefix(line, "QUIT") {
			return "221 2.0.0 bye\r\n", true
		}
		return hello, false
	})
}

// converse greets and answers every command until the last one.
func converse(conn net.Conn, greeting string, answer func(line string) (reply string, last bool)) error {
	reply, last := greeting, false
	buffer := make([]byte, 512)
	for {
		if _, err := conn.Write([]byte(reply)); err != nil || last {
			return err
		}
		n, err := conn.Read(buffer)
		if err != nil {
			return err
		}
		reply, last = answer(string(buffer[:n]))
	}
}
