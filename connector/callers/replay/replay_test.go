// Package replay replays the recordings of identity servers, and does nothing else.
package replay_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/ratelimit"
	"mailgun-connector/connector/sandbox"
)

// recorded are the callers whose recordings are replayed, with the number of their cases.
var recorded = map[string]int{"supabase": 50, "clerk": 35, "kratos": 42, "zitadel": 29, "hanko": 41, "casdoor": 17, "functions": 6}

// TestRecordings replays every case of every recording against the running service: its
// HTTP API, the real mailgun-go, the sandbox, at the clock of the recording.
func TestRecordings(t *testing.T) {
	t.Parallel()
	var replayed atomic.Int32
	total := 0
	t.Cleanup(func() { t.Logf("%d of %d recorded cases replayed", replayed.Load(), total) })
	for caller, want := range recorded {
		r := readRecording(t, caller)
		if len(r.Cases) != want {
			t.Errorf("the recording of %s has %d cases, want %d", caller, len(r.Cases), want)
		}
		total += len(r.Cases)
		for _, c := range r.Cases {
			t.Run(caller+"/"+c.Name, func(t *testing.T) {
				t.Parallel()
				replayed.Add(1)
				(&replay{recording: r, recordedCase: c}).run(t)
			})
		}
	}
}

// replay is one case on its way.
type replay struct {
	*recording
	*recordedCase
	service *apptest.Service
	jwks    *keyServer
	mu      sync.Mutex
	clock   time.Time
}

func (r *replay) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock
}

func (r *replay) setClock(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clock = now
}

func (r *replay) run(t *testing.T) {
	if r.Kind == "outcome" {
		of := r.find(t, r.RequestOf)
		r.Request, r.Now = of.Request, of.Now
		if r.Overrides == nil {
			r.Overrides = of.Overrides
		}
		if len(r.Expect.Mails) == 0 {
			r.Expect.Mails = of.Expect.Mails
			r.Expect.Use = of.Expect.Use
		}
	}
	if r.refusedAtLoad(t) {
		return
	}
	r.setClock(r.Now)
	if len(r.Keys) > 0 && r.Caller == "hanko" {
		r.jwks = newKeyServer(t, r.Keys, r.KeySets)
	}
	r.start(t)
	if r.Kind == "sequence" {
		r.sequence(t)
		return
	}
	r.provide(oneOrMore{r.Provider})
	if r.Provider == "rate_limited" {
		r.useUp(t)
	}
	began := time.Now()
	answer := r.send(t, r.Request)
	r.checkAnswer(t, &r.Expect, answer, time.Since(began))
	mails := r.mails()
	if r.jwks != nil && r.jwks.fetches.Load() > 2 {
		t.Errorf("the keys were fetched %d times, want once and once more at most", r.jwks.fetches.Load())
	}
	switch {
	case r.Kind == "mail":
		r.checkMails(t, mails)
		r.checkSourceTypes(t)
	case r.Kind == "auth" && r.Expect.Result == "accept":
		if answer.Status == http.StatusUnauthorized {
			t.Errorf("the call is not let in: %s", answer.Body)
		}
	case r.Kind == "ignore", r.Expect.Result == "refuse", r.Kind == "outcome" && r.Provider != "sent":
		if len(mails) > 0 {
			t.Errorf("%d mails were sent, want none", len(mails))
		}
	}
}

// refusedAtLoad reports whether the case's config is one that does not load: a caller
// without a secret.
func (r *replay) refusedAtLoad(t *testing.T) bool {
	for _, member := range []string{"secrets", "signingKeys", "tokens"} {
		if list, ok := r.Overrides[member].([]any); ok && len(list) == 0 {
			_, err := config.Parse([]byte(r.config(t)), config.ParseOptions{APIKey: "key-0123"})
			if err == nil {
				t.Error("a config whose caller has no secret loads")
			}
			return true
		}
	}
	return false
}

// start runs the service of a case.
func (r *replay) start(t *testing.T) {
	r.service = apptest.Start(t, apptest.Config{
		Connector: r.config(t),
		Options: func(o *app.Options) {
			o.Now, o.Console = r.now, false
			o.Token = config.Secret(apptest.Token + " " + "better-auth-test-token-0001 kratos-test-token-0001")
			switch r.Provider {
			case "queued":
				o.Database = config.Secret("sqlite:" + filepath.Join(t.TempDir(), "outbox.db"))
			case "rate_limited":
				o.RecipientLimit = ratelimit.Rate{Sends: 1, Per: time.Hour}
			}
			if r.Kind == "sequence" || r.Provider == "failed" {
				o.RetryMax = 0
			}
		},
	})
}

// provide lets Mailgun do what the recording says.
func (r *replay) provide(provider oneOrMore) {
	var faults []sandbox.Fault
	for _, does := range provider {
		f := sandbox.Fault{}
		if len(provider) > 1 {
			f.Times = 1
		}
		switch does {
		case "refused":
			f.Status, f.Body = http.StatusBadRequest, `{"message":"to parameter is not a valid address. please check documentation"}`
		case "queued", "failed":
			f.Status = http.StatusServiceUnavailable
		case "unknown":
			f.Hang = true
		default:
			continue
		}
		faults = append(faults, f)
	}
	r.service.Sandbox.SetFaults(faults...)
}

// useUp takes all that the recipients may get.
func (r *replay) useUp(t *testing.T) {
	for _, m := range r.Expect.Mails {
		answer := r.service.Post(t, "/send-code", fmt.Sprintf(`{"to":%q,"type":"Warmup","payload":{"code":"1"}}`, m.To))
		if answer.Status != http.StatusOK {
			t.Fatalf("POST /send-code = %d %s, want 200", answer.Status, answer.Body)
		}
	}
}

func (r *replay) mails() []sandbox.Message {
	return slices.DeleteFunc(r.service.Sandbox.Messages(), func(m sandbox.Message) bool {
		return strings.HasPrefix(m.Text, "usage=Warmup")
	})
}

// send makes a request as it was recorded.
func (r *replay) send(t *testing.T, request *recordedRequest) apptest.Answer {
	t.Helper()
	header := maps.Clone(request.Headers)
	delete(header, "Content-Length") // Go's client counts itself
	header["Accept"] = ""
	path := "/hooks/" + r.Caller
	if r.Caller == "functions" {
		path = "/send-code"
	}
	if _, route, ok := strings.Cut(r.Expect.Route, " "); ok {
		path = route
	}
	return r.service.Do(t, request.Method, path, request.Body, header)
}

func (r *replay) sequence(t *testing.T) {
	var group sync.WaitGroup
	for i, step := range r.Steps {
		do := func() {
			r.provide(step.Provider)
			began := time.Now()
			r.checkAnswer(t, &step.Expect, r.send(t, step.Request), time.Since(began))
		}
		r.setClock(step.Now)
		if r.AtOnce {
			group.Go(do)
			continue
		}
		do()
		if t.Failed() {
			t.Fatalf("at step %d", i+1)
		}
	}
	group.Wait()
	mails := r.mails()
	if want := r.Expect.MailsTotal; want != nil && len(mails) != *want {
		t.Errorf("%d mails were sent, want %d", len(mails), *want)
	}
	if want := r.Expect.ProviderCalls; want != nil && r.service.Sandbox.Requests() != *want {
		t.Errorf("Mailgun was called %d times, want %d", r.service.Sandbox.Requests(), *want)
	}
	if len(r.Expect.Mails) > 0 {
		r.checkMails(t, mails)
	}
}

// checkAnswer holds an answer to what is expected, as the caller reads it.
func (r *replay) checkAnswer(t *testing.T, want *expectation, answer apptest.Answer, took time.Duration) {
	t.Helper()
	failed := func(format string, args ...any) {
		t.Helper()
		t.Errorf(format+"; the answer was %d %s", append(args, answer.Status, answer.Body)...)
	}
	if judge, ok := judges[r.Caller]; ok && r.Expect.Route == "" {
		got := judge(answer.Status, answer.Header, answer.Body)
		if len(want.Verdict) > 0 && !slices.Contains(want.Verdict, any(got.word)) {
			failed("to the caller it is %s, want %v", got.word, want.Verdict)
		}
		if (want.Result == "refuse") == (got.word == "success") && want.Result != "" && want.Result != "accept" {
			failed("to the caller it is %s, the result should be %s", got.word, want.Result)
		}
		if want.UserStatus != 0 && got.userStatus != want.UserStatus {
			failed("the user sees %d, want %d", got.userStatus, want.UserStatus)
		}
		if want.Calls != 0 && got.calls != want.Calls {
			failed("the caller calls %d times, want %d", got.calls, want.Calls)
		}
	}
	if len(want.Status) > 0 && !slices.Contains(want.Status, any(float64(answer.Status))) {
		failed("status %d, want %v", answer.Status, want.Status)
	}
	if want.WithinSeconds > 0 && took.Seconds() > want.WithinSeconds {
		failed("it took %v, want at most %v s", took, want.WithinSeconds)
	}
	for _, secret := range want.MustNotHold {
		if strings.Contains(string(answer.Body), secret) {
			failed("the answer holds %q", secret)
		}
	}
	if want.ShouldSay != "" && !strings.Contains(string(answer.Body), "application/json") {
		failed("the answer should say %s", want.ShouldSay)
	}
	if len(want.BodyJSON) > 0 && !sameJSON(t, want.BodyJSON, answer.Body) {
		failed("the answer should be %s", want.BodyJSON)
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var left, right any
	if err := json.Unmarshal(a, &left); err != nil {
		t.Fatal(err)
	}
	return json.Unmarshal(b, &right) == nil && fmt.Sprint(left) == fmt.Sprint(right)
}
