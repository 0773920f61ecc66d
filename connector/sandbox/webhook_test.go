package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
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
type hit struct {
	method, contentType, body string
}

// listen answers with the statuses in turn, the last one for good; 200 when
// there is none.
func listen(t *testing.T, statuses ...int) hook {
	t.Helper()
	h := hook{hits: make(chan hit, 1000)}
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := int(n.Add(1)) - 1
		body, _ := io.ReadAll(r.Body)
		if status := append(statuses, 200)[min(i, max(len(statuses)-1, 0))]; status != 200 {
			w.Header().Set("Location", "/elsewhere")
			w.WriteHeader(status)
		}
		h.hits <- hit{r.Method, r.Header.Get("Content-Type"), string(body)}
	}))
	t.Cleanup(server.Close)
	h.url = server.URL + "/webhooks/mailgun"
	return h
}

// quick is a Webhook with little to wait for.
func (h hook) quick() sandbox.Webhook {
	return sandbox.Webhook{URL: h.url, SigningKey: signingKey, Retry: time.Millisecond}
}

// hooked serves a Sandbox with that webhook.
func hooked(t *testing.T, w sandbox.Webhook) site {
	t.Helper()
	s := serve(t, account())
	s.SetWebhook(w)
	return s
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

// wait returns the posts once n are completed.
func (s site) wait(t *testing.T, n int) []sandbox.Post {
	t.Helper()
	list, err := s.WaitPosts(t.Context(), n)
	if err != nil {
		t.Fatalf("WaitPosts(%d) = %v, want no error", n, err)
	}
	return list
}

// tells says what a post tells, in a line.
func tells(t *testing.T, p sandbox.Post) string {
	t.Helper()
	d := parse(t, p.Body).EventData
	line := fmt.Sprint(d["event"], " ", d["recipient"])
	if status, ok := d["delivery-status"].(map[string]any); ok {
		line += fmt.Sprint(" ", status["code"])
	}
	if d["severity"] != nil {
		line += fmt.Sprint(" ", d["severity"], " ", d["reason"])
	}
	return line
}

// story says what all posts tell, in the order in which they were made.
func story(t *testing.T, list []sandbox.Post) []string {
	t.Helper()
	lines := []string{}
	for _, p := range list {
		lines = append(lines, tells(t, p))
	}
	return lines
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	h := listen(t)
	s := hooked(t, h.quick())
	start := time.Now().Truncate(time.Second)
	s.mustSend(t, student)
	posts := s.wait(t, 2)
	if diff := cmp.Diff([]string{"accepted " + student, "delivered " + student + " 250"}, story(t, posts)); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
	bodies := map[string]bool{posts[0].Body: true, posts[1].Body: true}
	tokens := map[string]bool{}
	for range 2 {
		got := <-h.hits
		if got.method != http.MethodPost || got.contentType != "application/json" || !bodies[got.body] {
			t.Errorf("hook got %+v, want what Posts() says", got)
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
	for i, p := range posts {
		if p.Seq != i+1 || p.Message != 1 || p.State != sandbox.PostDone || p.Tries != 1 || p.Status != 200 {
			t.Errorf("post %d = %+v, want it done at once", i+1, p)
		}
	}
}

func TestWebhookOutcomes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes []string
		want    []string
	}{
		"bounced":      {[]string{"to", "bounced@example.net"}, []string{"accepted bounced@example.net", "failed bounced@example.net 605 permanent suppress-bounce"}},
		"unsubscribed": {[]string{"to", "Gone@example.net"}, []string{"accepted Gone@example.net", "failed Gone@example.net 606 permanent suppress-unsubscribe"}},
		"complained":   {[]string{"to", "angry@example.net"}, []string{"accepted angry@example.net", "failed angry@example.net 607 permanent suppress-complaint"}},
		"other code":   {[]string{"to", "odd@example.net"}, []string{"accepted odd@example.net", "failed odd@example.net 625 permanent bounce"}},
		"one of two": {[]string{"cc", "gone@example.net"}, []string{
			"accepted " + student, "delivered " + student + " 250", "accepted gone@example.net", "failed gone@example.net 606 permanent suppress-unsubscribe"}},
		"test mode":        {[]string{"o:testmode", "yes", "to", "gone@example.net"}, []string{"accepted gone@example.net", "delivered gone@example.net 650"}},
		"template missing": {[]string{"template", "nope"}, []string{"accepted " + student}},
		"refused":          {[]string{"from", ""}, []string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := account()
			c.Templates = []string{}
			c.Suppressed = map[string]int{"bounced@example.net": 605, "gone@example.net": 606, "angry@example.net": 607, "odd@example.net": 625}
			s := serve(t, c)
			s.SetWebhook(listen(t).quick())
			s.post(t, fields(test.changes...))
			if diff := cmp.Diff(test.want, story(t, s.wait(t, len(test.want)))); diff != "" {
				t.Errorf("posts (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWebhookAfterCutConnection(t *testing.T) {
	t.Parallel()
	s := hooked(t, listen(t).quick())
	s.SetFaults(sandbox.Fault{Drop: sandbox.DropAfter})
	if _, err := s.try(t.Context(), http.MethodPost, "/v3/"+domain+"/messages", urlencoded, fields().Encode()); err == nil {
		t.Fatal("POST was answered, want its connection cut")
	}
	if got := len(s.wait(t, 2)); got != 2 {
		t.Errorf("%d posts, want 2: the message was accepted", got)
	}
}

func TestSetWebhook(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	s.mustSend(t, student)
	if list, err := s.Report(1, sandbox.Event{Event: "opened"}); err == nil || len(s.Posts()) != 0 {
		t.Errorf("Report() = %v, %v without a webhook, want an error and no post", list, err)
	}
	s.SetWebhook(listen(t).quick())
	s.mustSend(t, student)
	s.wait(t, 2)
	s.SetWebhook(sandbox.Webhook{})
	s.mustSend(t, student)
	if got := len(s.Posts()); got != 2 {
		t.Errorf("%d posts after the webhook was turned off, want the 2 from before", got)
	}
}
