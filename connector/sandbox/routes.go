package sandbox

import (
	"net/http"
	"path"
	"strings"

	"mailgun-connector/connector/loopback"
)

const index = `This is a sandbox: it plays Mailgun's messages API and delivers nothing.

POST   /v3/{domain}/messages   send, as with Mailgun
GET    /v3/{domain}/bounces/{address}, unsubscribes, complaints   who gets no mails; DELETE lifts it
GET    /v3/domains/{domain}    the domain; its webhooks and templates likewise
GET    /inbox                  the messages, newest first; ?to=ADDRESS picks one recipient's
GET    /inbox/{n}              message number n
GET    /inbox/{n}/html         its HTML part, to look at
DELETE /inbox                  forget the messages
PUT    /faults                 turn on a JSON array of faults, such as [{"status":500,"times":2}]
DELETE /faults                 behave well again
PUT    /suppressions           suppress addresses, such as {"ada@example.org":605}: 605 bounce, 606 unsubscribe, 607 complaint
`

// routes are Mailgun's, open to whoever has the key, and the Sandbox's own.
func (s *Sandbox) routes() http.Handler {
	own := http.NewServeMux()
	own.HandleFunc("GET /{$}", showIndex)
	own.HandleFunc("GET /inbox", s.listMessages)
	own.HandleFunc("DELETE /inbox", s.clearInbox)
	own.HandleFunc("GET /inbox/{n}", s.showMessage)
	own.HandleFunc("GET /inbox/{n}/html", s.showHTML)
	own.HandleFunc("PUT /faults", s.putFaults)
	own.HandleFunc("DELETE /faults", s.clearFaults)
	own.HandleFunc("PUT /suppressions", s.putSuppressions)

	mux := http.NewServeMux()
	mux.HandleFunc("POST /v3/{domain}/messages", s.sendMessage)
	for _, list := range suppressionLists {
		mux.HandleFunc("GET /v3/{domain}/"+list.name+"/{address}", s.forAccount(s.showSuppression(list)))
		mux.HandleFunc("DELETE /v3/{domain}/"+list.name+"/{address}", s.forAccount(s.liftSuppression(list)))
	}
	mux.HandleFunc("GET /v3/{domain}/templates/{name}", s.forAccount(s.showTemplate))
	mux.HandleFunc("GET /v3/{domain}/templates/{name}/versions/{version}", s.forAccount(s.showTemplate))
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { unknownRoute().write(w) })
	for _, pattern := range []string{"GET /{$}", "/inbox", "/inbox/", "/faults", "/suppressions"} {
		mux.Handle(pattern, guard(own))
	}
	domains := s.domainRoutes()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/v3/domains/") { // where others have the domain itself
			domains.ServeHTTP(w, r)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

// ServeHTTP implements [http.Handler]. To cut a connection it panics with
// [http.ErrAbortHandler], which [http.Server] expects.
func (s *Sandbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p := r.URL.EscapedPath(); path.Clean(p) != p { // a mux would redirect, Mailgun does not
		unknownRoute().write(w)
		return
	}
	s.handler.ServeHTTP(w, r)
}

// guard keeps web pages away. One of evil.example whose name is made to resolve
// to 127.0.0.1 could read codes from here, so the Host must be loopback; and one
// of any other origin could have a browser change something.
func guard(h http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		refuse(http.StatusForbidden, "a page of another site may not change the sandbox").write(w)
	}))
	h = crossOrigin.Handler(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopback.Is(r.Host) {
			refuse(http.StatusForbidden, "use localhost or a loopback address to open the sandbox").write(w)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func showIndex(w http.ResponseWriter, _ *http.Request) {
	(&response{http.StatusOK, typeText, index}).write(w)
}
