package sandbox

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// submission is one POST to a messages route.
type submission struct {
	request  *http.Request
	domain   string // as in the path, unescaped
	resource string // "messages" or "messages.mime"
	body     []byte
	bodyErr  *answer
}

// ServeHTTP answers Mailgun's messages routes, the Sandbox's own routes, and
// everything else with Mailgun's 200 for unknown routes. To cut a connection
// it panics with [http.ErrAbortHandler], which only [http.Server] takes well.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	domain, resource, ok := messagesRoute(r.URL)
	switch {
	case ok && r.Method == http.MethodPost:
		s.submit(w, submission{request: r, domain: domain, resource: resource})
	case ok:
		w.Header().Set("Allow", http.MethodPost)
		refusal(http.StatusMethodNotAllowed, "Method Not Allowed").write(w)
	case isOwn(r):
		s.serveOwn(w, r)
	default:
		magnificent().write(w)
	}
}

// messagesRoute takes /v3/{domain}/messages[.mime] apart. It works on the
// escaped path, as neither an empty domain nor one with a slash in it, plain
// or %2F, is a messages route to Mailgun.
func messagesRoute(u *url.URL) (domain, resource string, ok bool) {
	rest, ok := strings.CutPrefix(u.EscapedPath(), "/v3/")
	if !ok {
		return "", "", false
	}
	escaped, resource, _ := strings.Cut(rest, "/")
	domain, err := url.PathUnescape(escaped)
	ok = err == nil && domain != "" && !strings.Contains(domain, "/") &&
		(resource == "messages" || resource == "messages.mime")
	return domain, resource, ok
}

// submit counts the request, lets a fault have it, and otherwise does what
// Mailgun does.
func (s *Sandbox) submit(w http.ResponseWriter, in submission) {
	s.requests.Add(1)
	fault := s.faults.next(time.Now())
	in.body, in.bodyErr = readBody(w, in.request)
	if s.inject(w, in, fault) {
		return
	}
	message, refused := s.accept(in)
	if refused != nil {
		refused.write(w)
		return
	}
	id := message.ID
	s.inbox.add(message)
	s.reportOutcome(message)
	if fault.Drop == DropAfter {
		panic(http.ErrAbortHandler)
	}
	queued(id).write(w)
}

// accept turns a submission into a message, or says why Mailgun would not.
func (s *Sandbox) accept(in submission) (*Message, *answer) {
	switch {
	case !s.knows(in.request) || !has(s.account.Domains, in.domain):
		return nil, forbidden()
	case in.bodyErr != nil:
		return nil, in.bodyErr
	case in.resource == "messages.mime":
		return nil, refusal(http.StatusNotFound, "this sandbox has no messages.mime; send the parts to messages")
	}
	f, refused := parseForm(in.request.Header.Get("Content-Type"), in.body)
	if refused != nil {
		return nil, refused
	}
	recipients, refused := s.check(in.domain, f)
	if refused != nil {
		return nil, refused
	}
	m := newMessage(in.domain, f, time.Now())
	m.Path = in.request.URL.EscapedPath()
	m.Authorization = in.request.Header.Get("Authorization")
	m.Recipients = recipients
	for _, recipient := range recipients {
		if m.State, m.Code = s.outcome(f, recipient); m.State != StateDelivered {
			break
		}
	}
	return m, nil
}

// knows reports whether the request carries the API key.
func (s *Sandbox) knows(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	return ok && user == "api" && password == s.account.APIKey && password != ""
}
