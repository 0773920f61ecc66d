//go:build e2e

package e2e_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestBrokenServers has servers in Mailgun's place that do not get HTTP right,
// or do not get so far.
func TestBrokenServers(t *testing.T) {
	t.Parallel()
	broken := outcome{status: 504, code: "general", retryable: true, attempts: 3, most: 2 * time.Second}
	for name, test := range map[string]struct {
		serve func(net.Conn) // nil for a port that is closed
		want  outcome
	}{
		"closed port":        {nil, outcome{status: 503, code: "general", retryable: true, attempts: 3, most: 2 * time.Second}},
		"never reads":        {func(net.Conn) {}, noAnswer},
		"never answers":      {func(c net.Conn) { readRequest(c) }, noAnswer},
		"reads, then closes": {answering(""), broken},
		"reads, then resets": {resetting, broken},
		"no HTTP":            {answering("SSH-2.0-OpenSSH_9.2\r\n"), broken},
		"half a status line": {answering("HTTP/1.1 20"), broken},
		"headers, then ends": {answering("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"id\":"), broken},
		"headers, silence":   {stuck("HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"id\":"), noAnswer},
		"endless headers":    {trickling("HTTP/1.1 200 OK\r\n", "X-More: 1\r\n"), noAnswer},
		"trickling body":     {trickling("HTTP/1.1 200 OK\r\nContent-Length: 90000\r\n\r\n", "x"), noAnswer},
		"endless body":       {pouring("HTTP/1.1 200 OK\r\n\r\n"), unconfirmed(200)},
		"endless 500":        {pouring("HTTP/1.1 500 No\r\n\r\n"), failing(500)},
		"huge header":        {pouring("HTTP/1.1 200 OK\r\nX-Huge: "), broken},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t, spec{endpoint: "http://" + brokenServer(t, test.serve)})
			s.checkOutcome(t, s.send(t), test.want)
		})
	}
}

// brokenServer listens until the test ends and gives its address. Each connection
// stays open, unless serve closes it.
func brokenServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	if serve == nil {
		return closedPort(t, l)
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return // the test is over
			}
			t.Cleanup(func() { c.Close() })
			go serve(c)
		}
	}()
	return l.Addr().String()
}

// closedPort gives an address that refuses connections, and goes on to: it is the
// local end of a connection, which keeps others from listening there.
func closedPort(t *testing.T, l net.Listener) string {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().String()
}

// readRequest reads one request with its body.
func readRequest(c net.Conn) {
	if req, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
		_, _ = io.Copy(io.Discard, req.Body)
	}
}

// answering writes a text and closes the connection.
func answering(text string) func(net.Conn) {
	return func(c net.Conn) {
		stuck(text)(c)
		c.Close()
	}
}

// stuck writes a text and no more.
func stuck(text string) func(net.Conn) {
	return func(c net.Conn) {
		readRequest(c)
		_, _ = io.WriteString(c, text)
	}
}

// resetting cuts the connection in the way that loses what is still on its way.
func resetting(c net.Conn) {
	readRequest(c)
	_ = c.(*net.TCPConn).SetLinger(0)
	c.Close()
}

// trickling writes a text and then more, so often that no pause looks like an
// end, until the client leaves.
func trickling(text, more string) func(net.Conn) {
	return func(c net.Conn) {
		stuck(text)(c)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := io.WriteString(c, more); err != nil {
				return
			}
		}
	}
}

// pouring writes a text and then as much as the client takes, 16 MiB at most.
func pouring(text string) func(net.Conn) {
	return func(c net.Conn) {
		stuck(text)(c)
		block := strings.Repeat("x", 64<<10)
		for range 256 {
			if _, err := io.WriteString(c, block); err != nil {
				break
			}
		}
		c.Close()
	}
}
