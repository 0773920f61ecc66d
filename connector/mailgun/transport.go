package mailgun

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"mailgun-connector/connector"
)

const (
	dialTimeout      = 1500 * time.Millisecond // leaves time for a second try
	handshakeTimeout = 2 * time.Second
	idleTimeout      = 50 * time.Second // less than the minute or more after which servers and NATs drop a connection silently
	maxAnswer        = 64 << 10         // bytes read of an answer's body
	maxAnswerHeader  = 16 << 10
)

// NewClient makes the HTTP client that every [Sender] of a process shares, so
// that connections survive a new config. Up to connections of them are kept open
// to each host.
//
// It speaks HTTP/1.1 only: over HTTP/2 all sends would share one connection, and
// when that one stalls, so would every sign-in of the next seconds.
func NewClient(connections int) *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Client{
		Transport: &transport{&http.Transport{
			Protocols:              protocols,
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: dialTimeout, KeepAlive: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout:    handshakeTimeout,
			MaxIdleConns:           connections,
			MaxIdleConnsPerHost:    connections,
			IdleConnTimeout:        idleTimeout,
			MaxResponseHeaderBytes: maxAnswerHeader,
			DisableCompression:     true, // answers are a line of JSON
		}},
		// A redirect would turn the POST into a GET that carries the API key, and
		// whose 200 would look like a success.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// exchange is what mailgun-go does not tell of one request and its answer.
type exchange struct {
	wrote      atomic.Bool // the body began to be written: Mailgun may have the mail
	status     int         // 0 for no answer
	retryAfter string
	body       []byte
}

type exchangeKey struct{}

// transport fills the exchange that a request's context carries.
type transport struct{ next http.RoundTripper }

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ex, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		ex = &exchange{}
	}
	out := req.WithContext(req.Context()) // a RoundTripper must not change its request
	out.Header = req.Header.Clone()
	if trace := connector.TraceOf(req.Context()); trace.Parent != "" {
		out.Header.Set("Traceparent", trace.Parent)
		if trace.State != "" {
			out.Header.Set("Tracestate", trace.State)
		}
	}
	extra := extraFields(req)
	out.ContentLength += int64(len(extra))
	out.Body = &watchedBody{Reader: io.MultiReader(bytes.NewReader(extra), req.Body), Closer: req.Body, ex: ex}
	out.GetBody = nil // retrying is the sender's task

	resp, err := t.next.RoundTrip(out)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	ex.status, ex.retryAfter, ex.body = resp.StatusCode, resp.Header.Get("Retry-After"), body
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if resp.StatusCode > 200 && resp.StatusCode < 300 {
		resp.StatusCode = http.StatusOK // mailgun-go takes some kinds of success for failures
	}
	return resp, nil
}

// watchedBody notes when the transport begins to write the body, which it does
// on a goroutine that may outlive RoundTrip.
type watchedBody struct {
	io.Reader
	io.Closer
	ex *exchange
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.ex.wrote.Store(true)
	return b.Reader.Read(p)
}

// suppressed is asked for with template content: Mailgun puts the variables,
// the code among them, into a header of the delivered mail unless told not to
// (API reference, messages: o:suppress-headers).
const suppressed = "X-Mailgun-Variables"

type templateKey struct{}

// withTemplate marks a request whose mail is a Mailgun template.
func withTemplate(ctx context.Context) context.Context {
	return context.WithValue(ctx, templateKey{}, true)
}

// extraFields is what is to stand before a request's multipart body: a field
// that mailgun-go v4 has no setter for.
func extraFields(req *http.Request) []byte {
	if req.Context().Value(templateKey{}) == nil {
		return nil
	}
	_, params, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil || params["boundary"] == "" {
		return nil
	}
	return []byte("--" + params["boundary"] + "\r\nContent-Disposition: form-data; name=\"o:suppress-headers\"\r\n\r\n" + suppressed + "\r\n")
}
