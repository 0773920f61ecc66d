package mailgun

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

const (
	dialTimeout      = 1500 * time.Millisecond // leaves time for a second try
	handshakeTimeout = 2 * time.Second
	idleTimeout      = 50 * time.Second // less than the minute or more after which servers and NATs drop a connection silently
	writeBuffer      = 16 << 10         // a whole mail in one write
	readBuffer       = 512              // most of an answer in one read
)

// pool does HTTP/1.1 exchanges over kept connections, each on the goroutine of
// its caller. [http.Transport] would spend two goroutines and 8 KiB of buffers on
// every connection that waits for Mailgun: with a thousand of them waiting, that
// is a third of the process's memory. Writing requests and reading answers is
// left to net/http.
//
// It is HTTP/1.1 on purpose: over HTTP/2 all sends would share one connection,
// and when that one stalls, so would every sign-in of the next seconds.
type pool struct {
	size int // connections kept to each server
	tls  *tls.Config

	mu       sync.Mutex
	idle     map[string][]*conn // scheme and address → latest used last
	sweeping bool               // whether sweep will come
}

func newPool(size int) *pool {
	return &pool{
		size: size,
		tls:  &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		idle: map[string][]*conn{},
	}
}

// conn is a connection to one server, used by one exchange at a time.
type conn struct {
	net.Conn
	raw    net.Conn // below TLS
	server string
	limit  io.LimitedReader // what the current answer may still have
	reader *bufio.Reader    // from limit
	since  time.Time        // when it became idle
}

// bodies from which requests are written, shared as none is held while waiting.
var writers = sync.Pool{New: func() any { return bufio.NewWriterSize(nil, writeBuffer) }}

// RoundTrip implements [http.RoundTripper]. The answer's body is read already,
// up to maxAnswer, and the request's body is let go as soon as it is written.
func (p *pool) RoundTrip(req *http.Request) (*http.Response, error) {
	defer closeBody(req)
	ctx := req.Context()
	ex := exchangeOf(req)
	c := ex.conn
	if ex.conn = nil; c == nil {
		var err error
		if c, err = p.get(ctx, req.URL); err != nil {
			return nil, err
		}
	}
	if deadline, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(deadline) // fails only on a closed connection, as the write will
	}
	stop := context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })
	resp, body, err := c.exchange(req)
	if !stop() { // the context ended: the deadline may be the one above
		_ = c.Close()
		if err != nil {
			err = errors.Join(context.Cause(ctx), err)
		}
	} else if err != nil || resp.Close {
		_ = c.Close()
	} else {
		p.put(c)
	}
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(body)
	return resp, nil
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}

// get takes an idle connection that still works, or opens one.
func (p *pool) get(ctx context.Context, u *url.URL) (*conn, error) {
	server := u.Scheme + "://" + u.Host
	for {
		c := p.take(server)
		if c == nil {
			return p.dial(ctx, u, server)
		}
		if time.Since(c.since) < idleTimeout && alive(c.raw) {
			return c, nil
		}
		_ = c.Close()
	}
}

func (p *pool) take(server string) *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := p.idle[server]
	if len(all) == 0 {
		return nil
	}
	c := all[len(all)-1]
	all[len(all)-1] = nil
	p.idle[server] = all[:len(all)-1]
	return c
}

func (p *pool) put(c *conn) {
	_ = c.SetDeadline(time.Time{})
	c.since = time.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if all := p.idle[c.server]; len(all) < p.size {
		p.idle[c.server] = append(all, c)
		if !p.sweeping {
			p.sweeping = true
			time.AfterFunc(idleTimeout, p.sweep)
		}
		return
	}
	_ = c.Close()
}

// sweep closes what has been idle too long, also to servers that are not asked
// any more, and comes again while anything is left.
func (p *pool) sweep() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for server, all := range p.idle {
		stale := 0 // the longest idle stand first
		for stale < len(all) && time.Since(all[stale].since) >= idleTimeout {
			_ = all[stale].Close()
			stale++
		}
		if p.idle[server] = slices.Delete(all, 0, stale); stale == len(all) {
			delete(p.idle, server)
		}
	}
	if p.sweeping = len(p.idle) > 0; p.sweeping {
		time.AfterFunc(idleTimeout/2, p.sweep)
	}
}

func (p *pool) dial(ctx context.Context, u *url.URL, server string) (*conn, error) {
	dialer := net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	raw, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: raw, raw: raw, server: server}
	if u.Scheme == "https" {
		config := p.tls.Clone()
		config.ServerName = u.Hostname()
		secured := tls.Client(raw, config)
		ctx, cancel := context.WithTimeout(ctx, handshakeTimeout)
		defer cancel()
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = raw.Close()
			return nil, fmt.Errorf("TLS handshake: %w", err)
		}
		c.Conn = secured
	}
	c.limit.R = c.Conn
	c.reader = bufio.NewReaderSize(&c.limit, readBuffer)
	return c, nil
}

// CloseIdleConnections implements what [http.Client.CloseIdleConnections] asks
// for.
func (p *pool) CloseIdleConnections() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for server, all := range p.idle {
		for _, c := range all {
			_ = c.Close()
		}
		delete(p.idle, server)
	}
}
