package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/sandbox"
)

const (
	otherDomain = "mg2.example.com"
	secondKey   = "key-of-the-other-way-0123"

	// patience with the main way and budget of a send in these tests; margin is what a
	// busy machine takes beyond it.
	patience = 400 * time.Millisecond
	budget   = 2 * time.Second
	margin   = 2 * time.Second
)

// twoWays is a service with a failover.
type twoWays struct {
	*apptest.Service
	other *sandbox.Sandbox
}

// startTwoWays runs a service whose main way is the service's sandbox.
func startTwoWays(t *testing.T, options func(*app.Options)) *twoWays {
	t.Helper()
	w := &twoWays{other: sandbox.New(sandbox.Config{APIKey: secondKey, Domains: []string{otherDomain}})}
	upstream := httptest.NewServer(w.other)
	t.Cleanup(upstream.Close)
	t.Cleanup(func() { _ = w.other.Close() })
	w.Service = apptest.Start(t, apptest.Config{
		Connector: fmt.Sprintf(`{"domain": %q, "from": %q,
			"deliveries": {"Generic": {"subject": "{{code}} is your code", "html": "<p>Your code is {{code}}</p>"}},
			"failover": {"endpoint": %q, "domain": %q, "after": %q}}`,
			apptest.Domain, apptest.From, upstream.URL, otherDomain, patience),
		Options: func(o *app.Options) {
			o.AllowEndpointHosts = append(o.AllowEndpointHosts, strings.TrimPrefix(upstream.URL, "http://"))
			o.FailoverKey, o.SendTimeout = secondKey, budget
			if options != nil {
				options(o)
			}
		},
	})
	return w
}

const codeRequest = `{"to":"ada@example.org","type":"SignIn","payload":{"code":"481629"}}`

// TestFailover sends by the other way what the main one does not take, and says so.
func TestFailover(t *testing.T) {
	t.Parallel()
	w := startTwoWays(t, nil)
	for _, tt := range []struct {
		main, other []sandbox.Fault
		status      int
		way         string
		twice       bool
	}{
		{nil, nil, 200, "main", false},
		{[]sandbox.Fault{{Status: 403}}, nil, 200, "failover", false},
		{[]sandbox.Fault{{Hang: true}}, nil, 200, "failover", true},
		{nil, []sandbox.Fault{{Status: 503}}, 200, "main", false},
		{[]sandbox.Fault{{Status: 403}}, []sandbox.Fault{{Status: 503}}, 503, "failover", false},
		{[]sandbox.Fault{{Hang: true}}, []sandbox.Fault{{Hang: true}}, 504, "main", false},
		{[]sandbox.Fault{{Status: 413}}, nil, 502, "main", false},
	} {
		w.Sandbox.SetFaults(tt.main...)
		w.other.SetFaults(tt.other...)
		logged := len(w.Logs.String())
		began := time.Now()
		got := w.Post(t, "/send-code", codeRequest)
		if took := time.Since(began); got.Status != tt.status || took > budget+margin {
			t.Errorf("answer to %+v = %d after %s, want %d within %s", tt, got.Status, took, tt.status, budget)
		}
		log := w.Logs.String()[logged:]
		if !strings.Contains(log, `"way":"`+tt.way+`"`) || strings.Contains(log, `"twice":true`) != tt.twice {
			t.Errorf("log of %+v = %s, want the way, and whether the code may arrive twice", tt, log)
		}
		if tried := strings.Contains(log, `"before":{"code"`); tried != (tt.main != nil && tt.status != 502) {
			t.Errorf("log of %+v = %s, want what the way before came to", tt, log)
		}
	}
	mails := w.other.Messages()
	if len(mails) != 2 || mails[0].From != "Sender Name <no-reply@mg2.example.com>" {
		t.Errorf("mails of the other way = %+v, want two by the sender at its domain", mails)
	}
	if metrics := string(w.Get(t, "/metrics").Body); !strings.Contains(metrics, `mailgun_connector_way_sends_total{outcome="sent",way="failover"} 2`) {
		t.Errorf("metrics = %s, want two mails sent by the failover", metrics)
	}
}

// attempts returns a message's attempts, as its record has them.
func (w *twoWays) attempts(t *testing.T, id string) (state string, all []recordedAttempt) {
	t.Helper()
	var m struct {
		State    string
		Attempts []recordedAttempt
	}
	w.Get(t, "/messages/"+id).Decode(t, &m)
	return m.State, m.Attempts
}

type recordedAttempt struct {
	Way    string
	Status int
	Reason string
	Before *struct {
		Status         int
		Reason, Detail string
	}
}

// The record of a mail says which way each attempt went, and later attempts choose as the
// first one does.
func TestRecordOfWays(t *testing.T) {
	t.Parallel()
	w := startTwoWays(t, func(o *app.Options) {
		o.Database = config.Secret("sqlite:" + filepath.Join(t.TempDir(), "outbox.db"))
	})
	send := func(status int) string {
		t.Helper()
		got := w.Post(t, "/send-code", strings.Replace(codeRequest, "ada", strconv.Itoa(w.other.Requests())+"x", 1))
		if got.Status != status {
			t.Fatalf("answer = %d %s, want %d", got.Status, got.Body, status)
		}
		var sent struct{ ID string }
		got.Decode(t, &sent)
		return sent.ID
	}
	for _, tt := range []struct {
		fault  sandbox.Fault
		status int // of the main way
		reason string
	}{
		{sandbox.Fault{Status: 403}, 403, "other_way"},
		{sandbox.Fault{Hang: true}, 0, "both_ways"},
	} {
		w.Sandbox.SetFaults(tt.fault)
		state, attempts := w.attempts(t, send(200))
		if len(attempts) != 1 || attempts[0].Before == nil {
			t.Fatalf("record of %+v = %s %+v, want one attempt by both ways", tt.fault, state, attempts)
		}
		a := attempts[0]
		if state != "sent" || a.Way != "failover" || a.Status != 200 || a.Reason != tt.reason ||
			a.Before.Status != tt.status || a.Before.Reason == "" || a.Before.Detail == "" {
			t.Errorf("record of %+v = %s %+v before %+v, want %s", tt.fault, state, a, a.Before, tt.reason)
		}
	}
	w.Sandbox.SetFaults(sandbox.Fault{Status: 503})
	w.other.SetFaults(sandbox.Fault{Status: 503})
	id := send(202)
	w.other.SetFaults()
	apptest.Within(t, "the queued mail is sent", func() bool { state, _ := w.attempts(t, id); return state == "sent" })
	if _, attempts := w.attempts(t, id); attempts[0].Way == "" || attempts[len(attempts)-1].Way != "failover" {
		t.Errorf("record of a queued mail = %+v, want it sent by the failover in the end", attempts)
	}
}

// The status names the way in use, and what the main one failed with.
func TestStatusOfWays(t *testing.T) {
	t.Parallel()
	type ways struct {
		Use  string
		Down []string
	}
	status := func(w *twoWays) (ways, *step) {
		var s struct {
			Ways   ways
			Health struct{ LastError *step }
		}
		w.Get(t, "/status").Decode(t, &s)
		return s.Ways, s.Health.LastError
	}
	w := startTwoWays(t, nil)
	if got, last := status(w); got.Use != "main" || len(got.Down) > 0 || last != nil {
		t.Errorf("status at first = %+v, %+v, want the main way", got, last)
	}
	w.Sandbox.SetFaults(sandbox.Fault{Status: 403})
	for range 3 {
		w.Post(t, "/send-code", codeRequest)
	}
	got, last := status(w)
	if got.Use != "failover" || len(got.Down) != 1 || got.Down[0] != "main" || last == nil || last.Status != 403 {
		t.Errorf("status of a disabled account = %+v, %+v, want the failover in use, and why", got, last)
	}
	w.Sandbox.SetFaults()
	apptest.Within(t, "the main way is back", func() bool { got, _ := status(w); return got.Use == "main" })
}

// A check of a config that is not saved leaves the ways of the one that runs alone, and the
// sender that its queue waits for.
func TestDoctorOfDraftChangesNothing(t *testing.T) {
	t.Parallel()
	w := startTwoWays(t, func(o *app.Options) {
		o.Database = config.Secret("sqlite:" + filepath.Join(t.TempDir(), "outbox.db"))
	})
	w.Sandbox.SetFaults(sandbox.Fault{Status: 503})
	w.other.SetFaults(sandbox.Fault{Status: 503})
	if a := w.Post(t, "/send-code", codeRequest); a.Status != http.StatusAccepted {
		t.Fatalf("send-code = %d %s, want 202", a.Status, a.Body)
	}
	draft := w.Fill(t, `{"domain":"draft.example.com","from":"a@draft.example.com","deliveries":{"Generic":{"html":"{{code}}"}}}`)
	if a := w.Post(t, "/doctor", `{"config":`+draft+`}`); a.Status != http.StatusOK {
		t.Fatalf("doctor = %d %s, want 200", a.Status, a.Body)
	}
	var status struct{ Ways *struct{ Use string } }
	if w.Get(t, "/status").Decode(t, &status); status.Ways == nil {
		t.Error("status has no ways after a draft without a failover was checked")
	}
	w.other.SetFaults()
	apptest.Within(t, "the mail by the other way", func() bool { return len(w.other.Messages()) == 1 })
}

// The failover's key in the config is not shown, and a save keeps it.
func TestSaveKeepsBothKeys(t *testing.T) {
	t.Parallel()
	w := startTwoWays(t, nil)
	text, err := os.ReadFile(w.ConfigPath)
	if err != nil {
		t.Fatal(err)
	}
	w.WriteConfig(t, strings.Replace(string(text), `"failover":{`, `"failover":{"apiKey":"`+secondKey+`",`, 1))
	if err := w.App.Reload(); err != nil {
		t.Fatal(err)
	}
	shown := w.Get(t, "/config")
	if strings.Count(string(shown.Body), "<secret>") != 2 || strings.Contains(string(shown.Body), secondKey) {
		t.Errorf("GET /config = %s, want both keys masked", shown.Body)
	}
	draft := strings.Replace(string(shown.Body), "is your code", "is the code", 1)
	saved := w.Do(t, http.MethodPut, "/config", draft, map[string]string{
		"Authorization": "Bearer " + apptest.Token, "Content-Type": "application/json", "If-Match": shown.Header.Get("Etag"),
	})
	kept, err := os.ReadFile(w.ConfigPath)
	if err != nil || saved.Status != http.StatusOK || !strings.Contains(string(kept), secondKey) || !strings.Contains(string(kept), apptest.APIKey) {
		t.Errorf("PUT /config = %d %s, the file then has %s, want both keys kept", saved.Status, saved.Body, kept)
	}
}

// Who tries a config that is not saved wants to know whether its main way works.
func TestDraftsGoTheMainWay(t *testing.T) {
	t.Parallel()
	w := startTwoWays(t, nil)
	draft, err := os.ReadFile(w.ConfigPath)
	if err != nil {
		t.Fatal(err)
	}
	w.Sandbox.SetFaults(sandbox.Fault{Status: 403})
	got := w.Post(t, "/test", `{"email":"ada@example.org","config":`+string(draft)+`}`)
	if got.Status != 502 || w.other.Requests() > 0 {
		t.Errorf("POST /test of a draft = %d with %d requests by the other way, want 502 and none", got.Status, w.other.Requests())
	}
	if got := w.Post(t, "/test", `{"email":"ada@example.org"}`); got.Status != 204 || len(w.other.Messages()) != 1 {
		t.Errorf("POST /test of the running config = %d %s, want it sent the other way", got.Status, got.Body)
	}
}

// A reload with the same ways keeps what is known of them; the key of the failover may come
// from a file that changes.
func TestReloadOfWays(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "key")
	writeKey := func(key string) {
		if err := os.WriteFile(file, []byte(key+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	writeKey(secondKey)
	w := startTwoWays(t, func(o *app.Options) { o.FailoverKey, o.FailoverKeyFile = "", file })
	w.Sandbox.SetFaults(sandbox.Fault{Status: 403})
	for range 3 {
		w.Post(t, "/send-code", codeRequest)
	}
	reload := func(change func(string) string) {
		text, err := os.ReadFile(w.ConfigPath)
		if err != nil {
			t.Fatal(err)
		}
		w.WriteConfig(t, change(string(text)))
		if err := w.App.Reload(); err != nil {
			t.Fatalf("Reload() = %v, want nil", err)
		}
	}
	reload(func(text string) string { return strings.Replace(text, "is your code", "is the code", 1) })
	requests := w.Sandbox.Requests()
	if got := w.Post(t, "/send-code", codeRequest); got.Status != 200 || w.Sandbox.Requests() > requests+1 { // a probe may be one
		t.Errorf("answer after a reload = %d, want it by the other way at once", got.Status)
	}
	writeKey("another-key")
	reload(func(text string) string { return text })
	if got := w.Post(t, "/send-code", codeRequest); got.Status == 200 {
		t.Error("sent with a wrong key of the failover, want its file read again")
	}
	writeKey(secondKey)
	reload(func(text string) string { return strings.Replace(text, `"failover"`, `"$schema":"x","failover"`, 1) })
	if got := w.Post(t, "/send-code", codeRequest); got.Status != 200 {
		t.Errorf("answer after the right key is back = %d %s, want 200", got.Status, got.Body)
	}
}
