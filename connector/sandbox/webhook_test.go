package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector/sandbox"
)

const signingKey = "signing-key-0123456789"

// hook is a real server that takes webhooks.
type hook struct {
	url  string
	hits chan hit
}

// hit is one request that a hook got.
type hit struct{ method, contentType, body string }

// listen answers with the statuses in turn, the last one for good; 200 when
// there is none. A status of 0 cuts the connection.
func listen(t *testing.T, statuses ...int) hook {
	t.Helper()
	h := hook{hits: make(chan hit, 1000)}
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := int(n.Add(1)) - 1
		body, _ := io.ReadAll(r.Body)
		h.hits <- hit{r.Method, r.Header.Get("Content-Type"), string(body)}
		switch status := append(statuses, 200)[min(i, max(len(statuses)-1, 0))]; status {
		case 0:
			panic(http.ErrAbortHandler)
		default:
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}
	}))
	t.Cleanup(server.Close)
	h.url = server.URL + "/webhooks/mailgun"
	return h
}

// quick is a Webhook with little to wait for.
func (h hook) quick() sandbox.Webhook {
	return sandbox.Webhook{URL: h.url, SigningKey: signingKey, Retry: time.Millisecond}
}

// notification is what a hook is told.
type notification struct {
	Signature mg.Signature   `json:"signature"`
	EventData map[string]any `json:"event-data"`
}

// parse reads a body and checks its signature as mailgun-go does.
func parse(t *testing.T, body string) notification {
	t.Helper()
	var n notification
	if err := json.Unmarshal([]byte(body), &n); err != nil {
		t.Fatalf("body %q: %v", body, err)
	}
	c := mg.NewMailgun(domain, key)
	c.SetWebhookSigningKey(signingKey)
	if ok, err := c.VerifyWebhookSignature(n.Signature); !ok || err != nil {
		t.Errorf("VerifyWebhookSignature(%+v) = %v, %v, want true", n.Signature, ok, err)
	}
	return n
}

// outcomes returns what the next n hits tell, a sorted line each.
func (h hook) outcomes(t *testing.T, n int) []string {
	t.Helper()
	lines := make([]string, n)
	for i := range lines {
		d := parse(t, (<-h.hits).body).EventData
		lines[i] = fmt.Sprint(d["event"], " ", d["recipient"])
		if status, ok := d["delivery-status"].(map[string]any); ok {
			lines[i] += fmt.Sprint(" ", status["code"])
		}
		if d["severity"] != nil {
			lines[i] += fmt.Sprint(" ", d["severity"], " ", d["reason"])
		}
	}
	slices.Sort(lines)
	return lines
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	h := listen(t)
	s := serve(t, account())
	s.SetWebhook(h.quick())
	start := time.Now().Truncate(time.Second)
	s.mustSend(t, student)
	tokens := map[string]bool{}
	for range 2 {
		got := <-h.hits
		if got.method != http.MethodPost || got.contentType != "application/json" {
			t.Errorf("hook got %+v, want a POST of JSON", got)
		}
		sig := parse(t, got.body).Signature
		if len(sig.Token) != 50 || len(sig.Signature) != 64 || tokens[sig.Token] {
			t.Errorf("signature %+v, want a new token", sig)
		}
		tokens[sig.Token] = true
		seconds, err := strconv.ParseInt(sig.TimeStamp, 10, 64)
		if at := time.Unix(seconds, 0); err != nil || at.Before(start) || at.After(time.Now()) {
			t.Errorf("signature of %q, want it of now", sig.TimeStamp)
		}
	}
}

func TestWebhookOutcomes(t *testing.T) {
	t.Parallel()
	c := account()
	c.Templates = []string{}
	c.Suppressed = map[string]int{"bounced@example.net": 605, "gone@example.net": 606, "angry@example.net": 607}
	for name, test := range map[string]struct {
		changes []string
		want    []string
	}{
		"delivered": {nil, []string{"accepted " + student, "delivered " + student + " 250"}},
		"bounced": {[]string{"to", "bounced@example.net"}, []string{
			"accepted bounced@example.net", "failed bounced@example.net 605 permanent suppress-bounce",
		}},
		"unsubscribed": {[]string{"to", "Gone@example.net"}, []string{
			"accepted Gone@example.net", "failed Gone@example.net 606 permanent suppress-unsubscribe",
		}},
		"complained": {[]string{"to", "angry@example.net"}, []string{
			"accepted angry@example.net", "failed angry@example.net 607 permanent suppress-complaint",
		}},
		"one of two": {[]string{"cc", "gone@example.net"}, []string{
			"accepted gone@example.net", "accepted " + student,
			"delivered " + student + " 250", "failed gone@example.net 606 permanent suppress-unsubscribe",
		}},
		"test mode": {[]string{"o:testmode", "yes", "to", "gone@example.net"}, []string{
			"accepted gone@example.net", "delivered gone@example.net 650",
		}},
		"template missing": {[]string{"template", "nope"}, []string{"accepted " + student}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := listen(t)
			s := serve(t, c)
			s.SetWebhook(h.quick())
			if refused := s.post(t, fields("from", "")); refused.status != 400 {
				t.Fatalf("POST = %d, want 400", refused.status)
			}
			s.post(t, fields(test.changes...))
			if diff := cmp.Diff(test.want, h.outcomes(t, len(test.want))); diff != "" {
				t.Errorf("hook got (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWebhookAfterCutConnection(t *testing.T) {
	t.Parallel()
	h := listen(t)
	s := serve(t, account())
	s.SetWebhook(h.quick())
	s.SetFaults(sandbox.Fault{Drop: sandbox.DropAfter})
	if _, err := s.tryPost(t); err == nil {
		t.Fatal("POST was answered, want its connection cut")
	}
	if got := h.outcomes(t, 2); got[1] != "delivered "+student+" 250" {
		t.Errorf("hook got %v, want it delivered: the message was accepted", got)
	}
}

func TestReportErrors(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	s.mustSend(t, student)
	if status, err := s.Report(t.Context(), 1, sandbox.Event{Event: "opened"}); err == nil {
		t.Errorf("Report() = %d without a webhook, want an error", status)
	}
	s.SetWebhook(sandbox.Webhook{URL: "http://127.0.0.1:1"})
	if status, err := s.Report(t.Context(), 1, sandbox.Event{Event: "opened"}); err == nil {
		t.Errorf("Report() = %d where nobody listens, want an error", status)
	}
	status, err := s.Report(t.Context(), 2, sandbox.Event{Event: "opened"})
	if err == nil || err.Error() != "no message 2 in the inbox" {
		t.Errorf("Report(2) = %d, %v, want an error", status, err)
	}
}

func TestReportIsMadeOnce(t *testing.T) {
	t.Parallel()
	for _, want := range []int{204, 307, 406, 503} {
		h := listen(t, want)
		s := serve(t, account())
		s.mustSend(t, student)
		s.SetWebhook(h.quick())
		got, err := s.Report(t.Context(), 1, sandbox.Event{Event: "opened"})
		if err != nil || got != want || len(h.hits) != 1 {
			t.Errorf("Report() = %d, %v after %d posts, want %d after one", got, err, len(h.hits), want)
		}
	}
}

// A report that is not taken comes again, the same every time.
func TestWebhookTries(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		statuses []int
		tries    int
	}{
		"done":     {[]int{200}, 1},
		"rejected": {[]int{406}, 1},
		"last try": {[]int{500, 403, 302, 201, 0, 429, 200}, 7},
		"given up": {[]int{503}, 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := listen(t, test.statuses...)
			c := account()
			c.Templates = []string{} // so that one event is all
			s := serve(t, c)
			w := h.quick()
			w.Retry = 5 * time.Millisecond
			s.SetWebhook(w)
			start := time.Now()
			s.post(t, fields("template", "missing"))
			first := <-h.hits
			for range test.tries - 1 {
				if next := <-h.hits; next != first {
					t.Errorf("try = %+v, want the same as the first, %+v", next, first)
				}
			}
			if took, least := time.Since(start), time.Duration(test.tries-1)*w.Retry; took < least {
				t.Errorf("%d tries in %v, want %v between two", test.tries, took, w.Retry)
			}
		})
	}
}

func TestWebhookDelay(t *testing.T) {
	t.Parallel()
	h := listen(t)
	s := serve(t, account())
	w := h.quick()
	w.Delay = 50 * time.Millisecond
	s.SetWebhook(w)
	start := time.Now()
	s.mustSend(t, student)
	<-h.hits
	d := parse(t, (<-h.hits).body).EventData
	if took := time.Since(start); d["event"] != "delivered" || took < w.Delay {
		t.Errorf("%v came after %v, want delivered after %v", d["event"], took, w.Delay)
	}
	if at := d["timestamp"].(float64); at < float64(start.Add(w.Delay).UnixMicro())/1e6 {
		t.Errorf("delivered at %f, want it dated %v after the send", at, w.Delay)
	}
}

// refusing returns a Sandbox with a webhook that refuses every connection, and
// with one message. It is for synctest bubbles, which fail where anything of the
// Sandbox runs on.
func refusing(t *testing.T, retry time.Duration) *sandbox.Sandbox {
	t.Helper()
	s := sandbox.New(account())
	s.SetWebhook(sandbox.Webhook{URL: "http://127.0.0.1:1/", Retry: retry})
	if got := statuses(t, s, 1)[0]; got != 200 {
		t.Errorf("POST = %d, want 200", got)
	}
	synctest.Wait()
	return s
}

func TestWebhookGivesUp(t *testing.T) {
	t.Parallel()
	for retry, pause := range map[time.Duration]time.Duration{0: time.Second, time.Hour: time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			refusing(t, retry)
			time.Sleep(6 * pause) // then seven tries were made
			synctest.Wait()
		})
	}
}

func TestCloseEndsReports(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := refusing(t, time.Hour)
		for range 2 {
			if err := s.Close(); err != nil {
				t.Errorf("Close() = %v, want no error", err)
			}
		}
		if got := statuses(t, s, 1)[0]; got != 200 {
			t.Errorf("POST after Close = %d, want 200", got)
		}
	})
}
