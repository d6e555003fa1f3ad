//go:build linux

package main

import (
	"net"
	"strings"
)

// listen serves on loopback until the program ends.
func listen(session func(net.Conn) error) (addr string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				_ = session(conn)
			}()
		}
	}()
	return listener.Addr().String(), nil
}

// plain speaks as much SMTP as a check without TLS needs.
func plain(conn net.Conn) error {
	return speak(conn, "220 mx.example.org ESMTP\r\n", "250-mx.example.org\r\n250-PIPELINING\r\n250 SIZE 10240000\r\n")
}

// flood says as much as a session may hold, and is otherwise all right: twice 120
// lines of 4,000 bytes.
func flood(conn net.Conn) error {
	lines := func(code string) string {
		return strings.Repeat(code+"-"+strings.Repeat("x", 3994)+"\r\n", 120) + code + " mx.example.org\r\n"
	}
	return speak(conn, lines("220"), lines("250"))
}

// hostile says as much wherever it is asked something, until it is hung up on.
func hostile(conn net.Conn) error {
	line := "220-" + strings.Repeat("y", 4000) + "\r\n"
	for {
		if _, err := conn.Write([]byte(line)); err != nil {
			return err
		}
	}
}

func speak(conn net.Conn, greeting, hello string) error {
	if _, err := conn.Write([]byte(greeting)); err != nil {
		return err
	}
	buffer := make([]byte, 512)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return err
		}
		if strings.HasPrefix(string(buffer[:n]), "QUIT") {
			_, err = conn.Write([]byte("221 2.0.0 bye\r\n"))
			return err
		}
		if _, err := conn.Write([]byte(hello)); err != nil {
			return err
		}
	}
}
