package mailgun

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"mailgun-connector/connector/tracecontext"
)

const maxAnswer = 64 << 10 // bytes read of an answer's body

// exchange is what mailgun-go does not tell of one request and its answer.
type exchange struct {
	// wrote says that the request may have left whole: Mailgun may have the mail.
	wrote      atomic.Bool
	template   bool   // the mail is a Mailgun template
	status     int    // 0 for no answer
	retryAfter string // the header
	body       []byte
}

type exchangeKey struct{}

// context returns one for a single request, whose transport fills the exchange.
func (ex *exchange) context(ctx context.Context) context.Context {
	return context.WithValue(httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		// net/http asks for another connection only if it has written nothing to the
		// one before: a POST without an idempotency key is not repeated otherwise
		// (http.Transport's documentation). The first try then counts for nothing.
		GetConn: func(string) { ex.wrote.Store(false) },
		// Called before the last byte of the header can leave the buffer.
		WroteHeaders: func() { ex.wrote.Store(true) },
	}), exchangeKey{}, ex)
}

// transport adds to requests what mailgun-go can't, and notes of answers what it
// does not tell. Every request's context is that of an exchange.
type transport struct{ *http.Transport }

// RoundTrip implements [http.RoundTripper]. The request is mailgun-go's and made
// for this one call, so it is completed in place. The answer's body is read
// already, up to maxAnswer.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ex := req.Context().Value(exchangeKey{}).(*exchange)
	if trace := tracecontext.From(req.Context()); trace.Parent != "" {
		req.Header.Set("Traceparent", trace.Parent)
		if trace.State != "" {
			req.Header.Set("Tracestate", trace.State)
		}
	}
	if ex.template {
		if err := suppressVariables(req); err != nil {
			return nil, err
		}
	}
	resp, err := t.Transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		resp.Body = http.NoBody // else it is the connection, whose reading no context ends
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, err
	}
	ex.status, ex.retryAfter, ex.body = resp.StatusCode, resp.Header.Get("Retry-After"), body
	resp.Body = io.NopCloser(bytes.NewReader(body))
	if resp.StatusCode > 200 && resp.StatusCode < 300 {
		resp.StatusCode = http.StatusOK // mailgun-go takes some kinds of success for failures
	}
	return resp, nil
}

// suppressVariables puts a field before a request's multipart body that mailgun-go
// v4 has no setter for. Mailgun writes the variables, the code among them, into a
// header of the delivered mail unless told not to (API reference, messages:
// o:suppress-headers).
func suppressVariables(req *http.Request) error {
	_, params, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	field := []byte("--" + params["boundary"] + "\r\nContent-Disposition: form-data; name=\"o:suppress-headers\"\r\n\r\n" +
		"X-Mailgun-Variables\r\n")
	req.ContentLength += int64(len(field))
	before := func(body io.ReadCloser) io.ReadCloser {
		return struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(field), body), body}
	}
	rest := req.GetBody
	req.Body = before(req.Body)
	req.GetBody = func() (io.ReadCloser, error) {
		body, err := rest()
		if err != nil {
			return nil, err
		}
		return before(body), nil
	}
	return nil
}
