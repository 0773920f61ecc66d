package mailgun

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

const (
	dialTimeout      = 1500 * time.Millisecond // leaves time for a second try within the 4 s of a send
	handshakeTimeout = 2 * time.Second
	// idleTimeout is less than the minute or more after which servers and NATs drop
	// a connection silently.
	idleTimeout = 50 * time.Second

	maxAnswerHeader = 16 << 10 // bytes
	readBuffer      = 1 << 10  // bytes, most of an answer in one read; one for every connection
)

// Client is the HTTP client that every [Sender] of a process shares, so that
// connections survive a new config. It speaks HTTP/1.1 through the proxy that the
// environment names, if any, and follows no redirect.
type Client struct {
	http *http.Client
}

// NewClient returns a client that keeps up to that many connections open while
// they are idle. It opens as many as there are sends at a time.
func NewClient(connections int) *Client {
	// Over HTTP/2 all sends would share one connection, and when that one stalls, so
	// would every sign-in of the next seconds.
	http1 := new(http.Protocols)
	http1.SetHTTP1(true)
	base := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		Protocols:              http1,
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		TLSHandshakeTimeout:    handshakeTimeout,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(0)},
		MaxIdleConns:           connections,
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxAnswerHeader,
		ReadBufferSize:         readBuffer,
		DisableCompression:     true, // answers are a line of JSON
	}
	return &Client{http: &http.Client{
		Transport: &transport{Transport: base},
		// A redirect would turn the POST into a GET that carries the API key, and
		// whose 200 would look like a success.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// CloseIdleConnections closes the connections that no send is using.
func (c *Client) CloseIdleConnections() { c.http.CloseIdleConnections() }
