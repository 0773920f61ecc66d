package httpapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/httpapi"
	"mailgun-connector/connector/sandbox"
)

// full runs a service whose only place for a send is taken: Mailgun keeps it waiting.
func full(t *testing.T) *apptest.Service {
	t.Helper()
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.MaxInFlight, o.SendTimeout = 1, time.Minute }})
	s.Sandbox.SetFaults(sandbox.Fault{Hang: true, Times: 1})
	t.Cleanup(func() { _ = s.Sandbox.Close() }) // before the service waits for the send
	dial(t, s).send(t, rawSend("1.1"))
	apptest.Within(t, "the send that takes the place", func() bool { return s.Sandbox.Requests() > 0 })
	return s
}

// checking serves an API in which the check of a config goes on until the test ends.
func checking(t *testing.T) *apptest.Service {
	t.Helper()
	began, end := make(chan struct{}, 1), make(chan struct{})
	cfg, err := config.Parse([]byte(draftConfig), config.ParseOptions{APIKey: "k"})
	if err != nil {
		t.Fatal(err)
	}
	running, err := connector.New(cfg, nil, connector.NewRecipientHasher(nil))
	if err != nil {
		t.Fatal(err)
	}
	s := withHandler(func(c *httpapi.Config) {
		c.Connector = func() *connector.Connector { return running }
		c.Build = func(config.Document) (*connector.Connector, error) {
			began <- struct{}{}
			<-end
			return nil, &config.InvalidError{}
		}
	})(t)
	t.Cleanup(func() { close(end) }) // before the server waits for it
	dial(t, s).send(t, "POST /config/validate HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
	<-began
	return s
}

// Whoever sends half a request has taken no place from those who send a whole one.
func TestStalledBodiesTakeNoPlace(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.MaxInFlight = 1 }})
	const length, chunked = "Content-Length: 200\r\n", "Transfer-Encoding: chunked\r\n"
	for _, path := range []string{"/send-code", "/test", "/preview", "/config/validate"} {
		for _, more := range []string{length, chunked, length + "Idempotency-Key: k\r\n"} {
			w := dial(t, s)
			w.send(t, "POST "+path+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+apptest.Token+
				"\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"+more+"\r\n")
			// The server says so when the handler begins to read.
			if line := w.line(t); !strings.Contains(line, "100 Continue") {
				t.Fatalf("%s: the server says %q, want 100 Continue", path, line)
			}
		}
	}
	checkAlive(t, s)
	for path, want := range map[string]int{"/test": http.StatusNoContent, "/preview": http.StatusOK, "/config/validate": http.StatusOK} {
		body := strings.NewReplacer("EMAIL", alive, "CONFIG", s.Fill(t, draftConfig)).Replace(`{"email":"EMAIL","type":"SignIn","config":CONFIG}`)
		if path == "/config/validate" {
			body = s.Fill(t, draftConfig)
		}
		if a := s.Post(t, path, body); a.Status != want {
			t.Errorf("POST %s = %d %s, want %d", path, a.Status, a.Body, want)
		}
	}
}

// Checks of configs are made one after the other; who comes in vain is told when to come
// again.
func TestChecksTakeTurns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		now, most, took := 0, 0, 600*time.Millisecond
		h := newHandler(t, func(c *httpapi.Config) {
			c.Build = func(config.Document) (*connector.Connector, error) {
				now++
				most = max(most, now)
				time.Sleep(took)
				now--
				return nil, &config.InvalidError{}
			}
		})
		statuses := map[int]int{}
		done := make(chan *httptest.ResponseRecorder)
		for range 8 {
			go func() {
				r := httptest.NewRequest(http.MethodPost, "/config/validate", strings.NewReader("{}"))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				done <- w
			}()
		}
		for range 8 {
			w := <-done
			statuses[w.Code]++
			if got := w.Header().Get("Retry-After"); (got == "1") != (w.Code == http.StatusServiceUnavailable) {
				t.Errorf("Retry-After of a %d = %q", w.Code, got)
			}
		}
		// They begin after 0 and 1.2 seconds; a third would after 2.4.
		if most != 1 || statuses[http.StatusBadRequest] != 2 || statuses[http.StatusServiceUnavailable] != 6 {
			t.Errorf("%d checks at a time, statuses %v, want one, and 503 for six after two seconds", most, statuses)
		}
	})
}
