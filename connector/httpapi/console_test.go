package httpapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"mailgun-connector/connector/httpapi"
)

// echoPath answers with the path that it was asked for.
func echoPath(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }

func TestConsoleRoutes(t *testing.T) {
	t.Parallel()
	const token = "test-token-0123456789"
	tokens, err := httpapi.NewTokens(token)
	if err != nil {
		t.Fatal(err)
	}
	with := newHandler(t, func(c *httpapi.Config) {
		c.Console, c.Sandbox = http.HandlerFunc(echoPath), http.HandlerFunc(echoPath)
		c.Tokens = func() httpapi.Tokens { return tokens }
	})
	without := newHandler(t, nil)
	for _, x := range []struct {
		path, token string
		status      int
		body        string // what the handler behind the route was asked for
	}{
		{"/", "", http.StatusOK, "/"},
		{"/console/app.js", "", http.StatusOK, "/console/app.js"},
		{"/sandbox/inbox", "", http.StatusUnauthorized, ""},
		{"/sandbox/inbox", token, http.StatusOK, "/inbox"},
		{"/sandbox/inbox/7", token, http.StatusOK, "/inbox/7"},
		{"/sandbox/inbox/7/html", token, http.StatusOK, "/inbox/7/html"},
		{"/sandbox/faults", token, http.StatusNotFound, ""},
		{"/sandbox/v3/mg.example.com/messages", token, http.StatusNotFound, ""},
		{"/sandbox/inbox/7/html/../../../faults", token, http.StatusNotFound, ""},
	} {
		ask := func(h http.Handler) *httptest.ResponseRecorder {
			req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, x.path, nil)
			req.Header.Set("Authorization", "Bearer "+x.token)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, req)
			return w
		}
		if w := ask(with); w.Code != x.status || x.body != "" && w.Body.String() != x.body {
			t.Errorf("GET %s with token %q = %d %s, want %d %s", x.path, x.token, w.Code, w.Body, x.status, x.body)
		}
		if w := ask(without); w.Code != http.StatusNotFound {
			t.Errorf("GET %s without a console = %d, want 404", x.path, w.Code)
		}
	}
}
