package httpapi_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/httpapi"
)

// noEvents takes any event.
type noEvents struct{}

func (noEvents) Record(context.Context, connector.DeliveryEvent) error { return nil }

// takingReports is an API whose reader of reports is another.
func takingReports(t *testing.T, read func([]byte) (connector.DeliveryEvent, error), logs *bytes.Buffer) http.Handler {
	t.Helper()
	return newHandler(t, func(c *httpapi.Config) {
		c.Webhook = func() func([]byte) (connector.DeliveryEvent, error) { return read }
		c.Events = noEvents{}
		if logs != nil {
			c.Logger = slog.New(slog.NewJSONHandler(logs, nil))
		}
	})
}

func postReport(t *testing.T, h http.Handler) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/mailgun", strings.NewReader("{}"))
	r.Header.Set("Content-Type", "application/json")
	h.ServeHTTP(w, r)
	return w
}

func TestFewReportsAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var now, most atomic.Int64
		h := takingReports(t, func([]byte) (connector.DeliveryEvent, error) {
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(600 * time.Millisecond)
			now.Add(-1)
			return connector.DeliveryEvent{}, nil
		}, nil)
		var taken, busy atomic.Int64
		var all sync.WaitGroup
		for range 32 {
			all.Go(func() {
				switch w := postReport(t, h); {
				case w.Code == http.StatusOK:
					taken.Add(1)
				case w.Code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "1":
					busy.Add(1)
				}
			})
		}
		all.Wait()
		if most.Load() != 4 || taken.Load() != 8 || busy.Load() != 24 { // those who had waited for a second
			t.Errorf("%d reports at a time, %d taken, %d busy, want 4, 8 and 24", most.Load(), taken.Load(), busy.Load())
		}
	})
}

// Strangers who post what they like are slowed down, and have a line a second in the log.
func TestRefusedReportsAreSlowedAndCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var logs bytes.Buffer
		h := takingReports(t, func([]byte) (connector.DeliveryEvent, error) {
			return connector.DeliveryEvent{}, errors.New("the signature is by none of the signing keys")
		}, &logs)
		const strangers, tries = 32, 20
		began := time.Now()
		var all sync.WaitGroup
		for range strangers {
			all.Go(func() {
				for range tries {
					if w := postReport(t, h); w.Code != http.StatusNotAcceptable {
						t.Errorf("a report with a bad signature = %d, want 406", w.Code)
					}
				}
			})
		}
		all.Wait()
		took := time.Since(began)
		if rate := strangers * tries / took.Seconds(); rate > 20 {
			t.Errorf("strangers get %.0f answers a second, want 20 at most", rate)
		}
		time.Sleep(3 * time.Second)
		lines, sum := 0, 0
		for line := range strings.Lines(logs.String()) {
			var entry struct {
				Msg, Detail string
				Requests    int
			}
			if err := json.Unmarshal([]byte(line), &entry); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(entry.Detail, "signature") {
				t.Errorf("the log has %s, want the reason in it", line)
			}
			lines, sum = lines+1, sum+entry.Requests
		}
		if most := int(took.Seconds()) + 2; lines > most || sum != strangers*tries {
			t.Errorf("%d lines of %d refusals after %v, want at most %d of %d", lines, sum, took, most, strangers*tries)
		}
	})
}

// A form is none of today's webhooks. Mailgun repeats it until somebody has read the log.
func TestLegacyReportsAreNamed(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, withDatabase(t))
	for _, media := range []string{"application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8", "multipart/form-data; boundary=x"} {
		a := s.Do(t, http.MethodPost, "/webhooks/mailgun", "event=delivered&timestamp=1792000000&token=x&signature=00",
			map[string]string{"Content-Type": media})
		if a.Status != http.StatusUnsupportedMediaType || !strings.Contains(string(a.Body), "legacy webhooks") {
			t.Errorf("a %s = %d %s, want 415 that names legacy webhooks", media, a.Status, a.Body)
		}
	}
	if !strings.Contains(s.Logs.String(), "legacy webhooks") {
		t.Error("the log does not name legacy webhooks")
	}
	if got := tell(t, s, report(signed("signing-key-0123", "t", time.Now()), "opened", "<x@mg.example.com>", "")); got != http.StatusOK {
		t.Errorf("a report afterwards = %d, want 200", got)
	}
}

// Half a report takes nobody's place, however long it is to be.
func TestStalledReportsTakeNoPlace(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, withDatabase(t))
	for i := range 200 {
		w := dial(t, s)
		w.send(t, "POST /webhooks/mailgun HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{")
		if i%2 == 0 {
			w.send(t, strings.Repeat(" ", 20_000))
		}
	}
	body := report(signed("signing-key-0123", "t", time.Now()), "opened", "<x@mg.example.com>", "")
	if got := tell(t, s, body); got != http.StatusOK {
		t.Errorf("a report beside them = %d, want 200", got)
	}
	checkAlive(t, s)
}

// Few long bodies are in memory at a time; what is in proportion gets through beside them.
func TestLongBodiesAreBounded(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	head := "POST /send-code HTTP/1.1\r\nHost: x\r\nAccept: */*\r\nAuthorization: Bearer " + apptest.Token +
		"\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat(" ", 40_000)
	var stalled []*wire
	for range 80 {
		w := dial(t, s)
		w.send(t, head)
		stalled = append(stalled, w)
	}
	checkAlive(t, s)
	answers := map[int]int{}
	for _, w := range stalled {
		answers[w.answer(t, http.MethodPost).Status]++
	}
	if answers[http.StatusServiceUnavailable] != 16 || answers[http.StatusRequestTimeout] != 64 {
		t.Errorf("answers = %v, want 503 for 16 and 408 for the others", answers)
	}
	checkAlive(t, s)
	if a := s.Post(t, "/send-code", strings.Replace(aliveBody, "{", "{"+strings.Repeat(" ", 100_000), 1)); a.Status != http.StatusOK {
		t.Errorf("a long send afterwards = %d %s, want 200", a.Status, a.Body)
	}
}
