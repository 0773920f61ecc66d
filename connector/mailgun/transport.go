package mailgun

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"

	"mailgun-connector/connector/tracecontext"
)

// Client is the HTTP client that every [Sender] of a process shares, so that
// connections survive a new config.
type Client struct {
	*http.Client
	transport *transport
}

// NewClient makes a client that keeps up to connections of them open to each
// server.
func NewClient(connections int) *Client {
	http1 := new(http.Protocols) // see pool
	http1.SetHTTP1(true)
	t := &transport{
		direct: newPool(connections),
		proxied: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			Protocols:              http1,
			DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
			TLSHandshakeTimeout:    handshakeTimeout,
			MaxIdleConns:           connections,
			MaxIdleConnsPerHost:    connections,
			IdleConnTimeout:        idleTimeout,
			MaxResponseHeaderBytes: maxAnswerHeader,
			DisableCompression:     true, // answers are a line of JSON
		},
	}
	return &Client{transport: t, Client: &http.Client{
		Transport: t,
		// A redirect would turn the POST into a GET that carries the API key, and
		// whose 200 would look like a success.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// connect opens a connection for the exchange ahead, or takes an idle one, so
// that nothing has to be held in memory while one is being opened. The caller
// gives it back with release.
func (t *transport) connect(ctx context.Context, ex *exchange, server *url.URL) error {
	if t.viaProxy(&http.Request{URL: server}) {
		return nil
	}
	var err error
	ex.conn, err = t.direct.get(ctx, server)
	return err
}

// release gives back a connection that was opened ahead and not used.
func (t *transport) release(ex *exchange) {
	if ex.conn != nil {
		t.direct.put(ex.conn)
		ex.conn = nil
	}
}

func (t *transport) viaProxy(req *http.Request) bool {
	proxy, err := t.proxied.Proxy(req)
	return err != nil || proxy != nil
}

// transport adds to requests what mailgun-go can't, and notes of answers what it
// does not tell.
type transport struct {
	direct  *pool
	proxied *http.Transport // where the environment names a proxy: it knows how to talk to one
}

// CloseIdleConnections implements what [http.Client.CloseIdleConnections] asks
// for.
func (t *transport) CloseIdleConnections() {
	t.direct.CloseIdleConnections()
	t.proxied.CloseIdleConnections()
}

// RoundTrip implements [http.RoundTripper]. The request is mailgun-go's and made
// for this one call, so it is completed in place.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if trace := tracecontext.From(req.Context()); trace.Parent != "" {
		req.Header.Set("Traceparent", trace.Parent)
		if trace.State != "" {
			req.Header.Set("Tracestate", trace.State)
		}
	}
	if extra := extraFields(req); extra != nil {
		req.ContentLength += int64(len(extra))
		req.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(extra), req.Body), req.Body}
		req.GetBody = nil // retrying is the sender's task
	}
	resp, err := t.roundTrip(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode > 200 && resp.StatusCode < 300 {
		resp.StatusCode = http.StatusOK // mailgun-go takes some kinds of success for failures
	}
	return resp, nil
}

func (t *transport) roundTrip(req *http.Request) (*http.Response, error) {
	ex := exchangeOf(req)
	var next http.RoundTripper = t.direct
	if t.viaProxy(req) {
		next = t.proxied
		req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{WroteHeaders: func() { ex.wrote.Store(true) }}))
	}
	resp, err := next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	ex.status, ex.retryAfter, ex.body = resp.StatusCode, resp.Header.Get("Retry-After"), body
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
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
