package httpapi_test

import (
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/configfile"
	"mailgun-connector/connector/httpapi"
)

// unreadFiles asks for one that hangs.
func unreadFiles(t *testing.T, c *contract) {
	server := httptest.NewServer(newHandler(t, func(c *httpapi.Config) {
		c.MailFile = func(string) ([]byte, error) { return nil, configfile.ErrSlow }
	}))
	defer server.Close()
	hangs := tried{"GET", "/config/files/mail.html", "", nil, 503, "invalid_request_parameters"}
	hangs.exchange(t, c, &apptest.Service{URL: server.URL})
}

// Files that hang are told apart from those that can't be read, and both from such as can't be written.
func TestFilesThatCantBeRead(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		err           error
		status        int
		later, detail string
	}{
		"a file that hangs": {
			&fs.PathError{Op: "read", Path: "mail.html", Err: configfile.ErrSlow}, 503, "1", "does not answer",
		},
		"tokens that can't be read": {
			&configfile.UnreadableError{Err: errors.New("tokens are gone")}, 409, "", "files can't be read",
		},
		"a read-only file": {&configfile.ReadOnlyError{Hint: "mount it"}, 409, "", "can't be written"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHandler(t, func(c *httpapi.Config) {
				c.MailFile = func(string) ([]byte, error) { return nil, x.err }
			})
			r := httptest.NewRequest(http.MethodGet, "http://localhost/config/files/mail.html", http.NoBody)
			r.RemoteAddr = "127.0.0.1:1"
			r.Header.Set("Accept", "application/json")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := w.Header().Get("Retry-After"); w.Code != x.status || got != x.later {
				t.Errorf("status = %d, Retry-After = %q, want %d, %q", w.Code, got, x.status, x.later)
			}
			if body := w.Body.String(); !strings.Contains(body, x.detail) {
				t.Errorf("body = %s, want %q in it", body, x.detail)
			}
		})
	}
}
