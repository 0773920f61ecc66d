package sandbox_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"mailgun-connector/connector/sandbox"
)

func TestEventRoutes(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	s.mustSend(t, student)
	const path, opened = "/inbox/1/events", `{"event":"opened"}`
	if got := s.do(t, "GET", "/webhooks", "", ""); got.status != 200 || got.body != "{\n  \"posts\": []\n}\n" {
		t.Errorf("GET /webhooks = %d %s, want none", got.status, got.body)
	}
	if got := s.do(t, "POST", path, "", opened); got.status != 409 || got.body != `{"message":"no webhook is set"}`+"\n" {
		t.Errorf("POST %s = %d %s, want 409 without a webhook", path, got.status, got.body)
	}
	s.SetWebhook(listen(t).quick())
	var answer, list struct{ Posts []sandbox.Post }
	for range 2 {
		got := s.do(t, "POST", path, "", opened)
		if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.status != 200 || len(answer.Posts) != 1 {
			t.Fatalf("POST %s = %d %s, want one post", path, got.status, got.body)
		}
	}
	posts := s.wait(t, 2)
	got := s.do(t, "GET", "/webhooks", "", "")
	if err := json.Unmarshal([]byte(got.body), &list); err != nil || len(list.Posts) != 2 {
		t.Fatalf("GET /webhooks = %d %s, want 2 posts", got.status, got.body)
	}
	body := cmp.Transformer("body", func(raw json.RawMessage) (v any) { _ = json.Unmarshal(raw, &v); return v })
	if diff := cmp.Diff([]sandbox.Post{posts[1], posts[0]}, list.Posts, body); diff != "" {
		t.Errorf("GET /webhooks (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(posts[1], answer.Posts[0], body, cmpopts.IgnoreFields(sandbox.Post{}, "State", "Tries", "Status", "Next")); diff != "" {
		t.Errorf("POST %s (-want +got):\n%s", path, diff)
	}
	if p := answer.Posts[0]; p.State != sandbox.PostPending || p.Tries != 0 || p.Next.IsZero() {
		t.Errorf("POST %s = %+v, want it pending", path, p)
	}
}

func TestEventRoutesRefuse(t *testing.T) {
	t.Parallel()
	s := manual(t)
	for body, want := range map[string]string{
		``:                                     "EOF",
		`null`:                                 "want one JSON object",
		`{"event":"opened"}{}`:                 "want one JSON object",
		`[]`:                                   "cannot unmarshal array",
		`{"evnt":"opened"}`:                    "unknown field",
		`{"event":"opened","ago":"x"}`:         "invalid duration",
		`{}`:                                   "needs a name",
		`{"event":"opened","recipient":"x"}`:   "message 1 has no recipient x",
		`"` + strings.Repeat("x", 70000) + `"`: "too large",
	} {
		if got := s.do(t, "POST", "/inbox/1/events", "", body); got.status != 400 || !strings.Contains(got.body, want) {
			t.Errorf("POST %.40s = %d %s, want 400 with %q", body, got.status, got.body, want)
		}
	}
	if got := s.do(t, "POST", "/inbox/7/events", "", `{"event":"opened"}`); got.status != 404 {
		t.Errorf("POST /inbox/7/events = %d %s, want 404", got.status, got.body)
	}
	if got := s.do(t, "GET", "/inbox/1/events", "", ""); got.status != 405 {
		t.Errorf("GET /inbox/1/events = %d %s, want 405", got.status, got.body)
	}
	if got := len(s.Posts()); got != 0 {
		t.Errorf("%d posts, want none", got)
	}
}

func TestSigningKeyStaysOutOfJSON(t *testing.T) {
	t.Parallel()
	s := hooked(t, listen(t).quick())
	s.mustSend(t, student)
	s.wait(t, 2)
	config, err := json.Marshal(sandbox.Webhook{URL: "http://localhost", SigningKey: signingKey})
	if err != nil {
		t.Fatal(err)
	}
	all := string(config)
	for _, path := range []string{"/", "/inbox", "/inbox/1", "/faults", "/webhooks"} {
		all += s.do(t, http.MethodGet, path, "", "").body
	}
	all += s.do(t, http.MethodPost, "/inbox/1/events", "application/json", `{"event":"opened"}`).body
	if strings.Contains(all, signingKey) || !strings.Contains(all, `"signature"`) {
		t.Errorf("the answers hold the signing key:\n%s", all)
	}
}
