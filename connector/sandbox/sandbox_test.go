package sandbox_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector/sandbox"
)

const (
	domain   = "mg.example.com"
	messages = "/v3/" + domain + "/messages"
	key      = "key-0123456789"
	sender   = "Acme <no-reply@mg.example.com>"
	student  = "zoe@example.net"
)

// account is the Config of most tests.
func account() sandbox.Config {
	return sandbox.Config{APIKey: key, Domains: []string{domain}}
}

// site is a Sandbox behind a real server on loopback.
type site struct {
	*sandbox.Sandbox
	url    string
	client *http.Client
}

func serve(t *testing.T, c sandbox.Config) site {
	t.Helper()
	s := sandbox.New(c)
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	t.Cleanup(func() { _ = s.Close() }) // first, so that nothing hangs
	return site{s, server.URL, server.Client()}
}

// mailgun returns the real client, pointed at the site.
func (s site) mailgun() *mg.MailgunImpl {
	c := mg.NewMailgun(domain, key)
	c.SetAPIBase(s.url + "/v3")
	c.SetClient(s.client)
	return c
}

// send sends m with the real client.
func (s site) send(t *testing.T, m *mg.Message) (id string, err error) {
	t.Helper()
	_, id, err = s.mailgun().Send(t.Context(), m)
	return id, err
}

// mustSend sends a plain message to an address.
func (s site) mustSend(t *testing.T, to string) {
	t.Helper()
	if _, err := s.send(t, mg.NewMessage(sender, "Code", "123456", to)); err != nil {
		t.Fatalf("Send(to %s) = %v, want no error", to, err)
	}
}

// reply is an HTTP answer, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// do sends one plain HTTP request without following redirects.
func (s site) do(t *testing.T, method, path, contentType, body string) reply {
	t.Helper()
	r, err := s.try(t.Context(), method, path, contentType, body)
	if err != nil {
		t.Fatalf("%s %s = %v, want an answer", method, path, err)
	}
	return r
}

func (s site) try(ctx context.Context, method, path, contentType, body string) (reply, error) {
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	r.SetBasicAuth("api", key)
	r.Header.Set("Content-Type", contentType)
	response, err := s.client.Transport.RoundTrip(r)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, string(content)}, err
}

const urlencoded = "application/x-www-form-urlencoded"

// post sends a form to the messages route of domain.
func (s site) post(t *testing.T, f url.Values) reply {
	t.Helper()
	return s.do(t, http.MethodPost, messages, urlencoded, f.Encode())
}

// tryPost sends a form that is accepted, and returns why there is no answer.
func (s site) tryPost(t *testing.T, changes ...string) (reply, error) {
	t.Helper()
	return s.try(t.Context(), http.MethodPost, messages, urlencoded, fields(changes...).Encode())
}

// fields returns a form that is accepted, changed by name, value pairs; an
// empty value removes the field.
func fields(changes ...string) url.Values {
	f := url.Values{"from": {sender}, "to": {student}, "subject": {"Code"}, "text": {"123456"}}
	for i := 0; i < len(changes); i += 2 {
		f.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			f.Del(changes[i])
		}
	}
	return f
}
