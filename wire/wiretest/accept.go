package wiretest

import "net"

// Accept serves every connection of a listener on a goroutine of its own, and closes it
// then, until the listener is closed. What goes wrong with a connection shows at the
// client.
func Accept(listener net.Listener, serve func(net.Conn) error) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer func() { _ = conn.Close() }()
			_ = serve(conn)
		}()
	}
}
