package sandbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	mg "github.com/mailgun/mailgun-go/v4"

	"mailgun-connector/connector/sandbox"
)

// newRequest returns a POST that needs no server, and where its answer goes.
func newRequest(t *testing.T, body string) (*http.Request, *httptest.ResponseRecorder) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, messages, strings.NewReader(body))
	r.SetBasicAuth("api", key)
	r.Header.Set("Content-Type", urlencoded)
	return r, httptest.NewRecorder()
}

// statuses posts n messages and returns the statuses.
func statuses(t *testing.T, s http.Handler, n int) []int {
	t.Helper()
	list := make([]int, n)
	for i := range list {
		r, w := newRequest(t, fields().Encode())
		s.ServeHTTP(w, r)
		list[i] = w.Code
	}
	return list
}

func TestFaultStatus(t *testing.T) {
	t.Parallel()
	const notAllowed = `{"message":"Domain mg.example.com is not allowed to send: `
	for name, test := range map[string]struct {
		fault             sandbox.Fault
		contentType, want string
	}{
		"200": {sandbox.Fault{Status: 200}, "text/plain; charset=utf-8", "Mailgun Magnificent API"},
		"302": {sandbox.Fault{Status: 302, Location: "/"}, "application/json", `{"message":"Found"}` + "\n"},
		"400": {sandbox.Fault{Status: 400}, "application/json", notAllowed +
			"You are sending too fast. Your account is on probation and the account has been temporarily disabled.\"}\n"},
		"401": {sandbox.Fault{Status: 401}, "text/plain", "Forbidden"},
		"402": {sandbox.Fault{Status: 402}, "application/json", `{"message":"Payment Required"}` + "\n"},
		"403": {sandbox.Fault{Status: 403}, "application/json", notAllowed + "Account disabled\"}\n"},
		"404": {sandbox.Fault{Status: 404}, "application/json", `{"message":"Domain not found: mg.example.com"}` + "\n"},
		"413": {sandbox.Fault{Status: 413}, "application/json", `{"message":"request size exceeds 52.4MiB limit"}` + "\n"},
		"420": {sandbox.Fault{Status: 420}, "application/json",
			notAllowed + "recipient limit exceeded, try again after Sat, 01 Jan 2000 00:02:01 UTC\"}\n"},
		"420 seconds": {sandbox.Fault{Status: 420, Wait: 1500e6, WaitAs: sandbox.WaitSeconds}, "application/json",
			notAllowed + "recipient limit exceeded, try again after 2 seconds\"}\n"},
		"429": {sandbox.Fault{Status: 429, RetryAfter: "7"}, "application/json",
			notAllowed + "account-requests-per-sec limit exceeded, try again after 120 seconds\"}\n"},
		"429 date": {sandbox.Fault{Status: 429, Wait: time.Hour, WaitAs: sandbox.WaitDate}, "application/json",
			notAllowed + "account-requests-per-sec limit exceeded, try again after Sat, 01 Jan 2000 01:00:01 UTC\"}\n"},
		"500": {sandbox.Fault{Status: 500}, "application/json", `{"message":"Internal Server Error"}` + "\n"},
		"502": {sandbox.Fault{Status: 502}, "text/html",
			"<html>\r\n<center><h1>Bad Gateway</h1></center>\r\n</html>\r\n"},
		"own text": {sandbox.Fault{Status: 500, Body: "oops"}, "text/plain; charset=utf-8", "oops"},
		"own JSON": {sandbox.Fault{Status: 503, Body: "{}"}, "application/json", "{}"},
		"own type": {sandbox.Fault{Status: 503, Body: "<p>", ContentType: "text/html"}, "text/html", "<p>"},
	} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(1e6) // a fraction past the second
			s := sandbox.New(account())
			s.SetFaults(test.fault)
			r, got := newRequest(t, fields().Encode())
			s.ServeHTTP(got, r)
			if got.Code != test.fault.Status || got.Body.String() != test.want {
				t.Errorf("%s: POST = %d %q, want %d %q", name, got.Code, got.Body, test.fault.Status, test.want)
			}
			for header, want := range map[string]string{
				"Content-Type": test.contentType, "Retry-After": test.fault.RetryAfter, "Location": test.fault.Location,
			} {
				if got := got.Header().Get(header); got != want {
					t.Errorf("%s: %s = %q, want %q", name, header, got, want)
				}
			}
			if s.Requests() != 1 || len(s.Messages()) != 0 {
				t.Errorf("%s: %d requests, %d messages, want 1 and none", name, s.Requests(), len(s.Messages()))
			}
		})
	}
}

func TestFaultsInTurn(t *testing.T) {
	t.Parallel()
	s := sandbox.New(account())
	for name, test := range map[string]struct {
		faults []sandbox.Fault
		want   []int
	}{
		"none":          {nil, []int{200, 200}},
		"times":         {[]sandbox.Fault{{Status: 500, Times: 2}}, []int{500, 500, 200, 200}},
		"first wins":    {[]sandbox.Fault{{Status: 429, Times: 1}, {Status: 503, Times: 1}}, []int{429, 503, 200}},
		"share":         {[]sandbox.Fault{{Status: 500, Share: 0.4}}, []int{200, 200, 500, 200, 500, 200, 200, 500}},
		"all of them":   {[]sandbox.Fault{{Status: 500, Share: 1}}, []int{500, 500}},
		"share, twice":  {[]sandbox.Fault{{Status: 500, Share: 0.5, Times: 2}}, []int{200, 500, 200, 500, 200, 200}},
		"rate":          {[]sandbox.Fault{{PerSecond: 2}}, []int{200, 200, 429, 429}},
		"rate, another": {[]sandbox.Fault{{PerSecond: 2, Status: 420, Times: 1}}, []int{200, 200, 420, 200}},
	} {
		s.SetFaults(test.faults...)
		if diff := cmp.Diff(test.want, statuses(t, s, len(test.want))); diff != "" {
			t.Errorf("%s: statuses (-want +got):\n%s", name, diff)
		}
	}
}

func TestFaultShareIsExact(t *testing.T) {
	t.Parallel()
	s := sandbox.New(account())
	s.SetFaults(sandbox.Fault{Status: 500, Share: 0.29})
	hits := 0
	for _, status := range statuses(t, s, 100) {
		if status == 500 {
			hits++
		}
	}
	if hits != 29 {
		t.Errorf("%d of 100 requests hit, want 29", hits)
	}
}

func TestFaultPerSecond(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New(account())
		s.SetFaults(sandbox.Fault{PerSecond: 2})
		got := statuses(t, s, 1)
		time.Sleep(600 * time.Millisecond)
		got = append(got, statuses(t, s, 2)...)
		time.Sleep(400 * time.Millisecond) // the first is a second ago, the second is not
		got = append(got, statuses(t, s, 2)...)
		if diff := cmp.Diff([]int{200, 200, 429, 200, 429}, got); diff != "" {
			t.Errorf("statuses (-want +got):\n%s", diff)
		}
		r, w := newRequest(t, fields().Encode())
		s.ServeHTTP(w, r)
		if want := "limit exceeded, try again after 1 seconds"; !strings.Contains(w.Body.String(), want) {
			t.Errorf("body = %s, want %q in it", w.Body, want)
		}
	})
}

func TestFaultDelay(t *testing.T) {
	t.Parallel()
	for status, fault := range map[int]sandbox.Fault{
		200: {Delay: 5 * time.Second},
		500: {Delay: 5 * time.Second, Status: 500},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := sandbox.New(account())
			s.SetFaults(fault)
			start := time.Now()
			got := statuses(t, s, 1)
			if took := time.Since(start); took != 5*time.Second || got[0] != status {
				t.Errorf("POST = %d after %v, want %d after 5s", got[0], took, status)
			}
			if status == 200 && !s.Messages()[0].ReceivedAt.Equal(time.Now()) {
				t.Errorf("ReceivedAt = %v, want %v", s.Messages()[0].ReceivedAt, time.Now())
			}
		})
	}
}

func TestFaultHangEndsWithClient(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]sandbox.Fault{"hang": {Hang: true}, "delay": {Delay: time.Hour}} {
		s := sandbox.New(account())
		s.SetFaults(fault)
		ended := make(chan any, 1)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() { ended <- recover() }()
			s.ServeHTTP(w, r)
		}))
		t.Cleanup(server.Close)
		site := site{s, server.URL, server.Client()}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		defer cancel()
		_, _, err := site.mailgun().Send(ctx, mg.NewMessage(sender, "Code", "123456", student))
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: Send() = %v, want %v", name, err, context.DeadlineExceeded)
		}
		if got, _ := (<-ended).(error); !errors.Is(got, http.ErrAbortHandler) {
			t.Errorf("%s: handler ended with %v, want %v", name, got, http.ErrAbortHandler)
		}
		if n := len(s.Messages()); n != 0 {
			t.Errorf("%s: %d messages, want none", name, n)
		}
	}
}

func TestFaultHangEndsWithClose(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	s.SetFaults(sandbox.Fault{Hang: true, Times: 2})
	errs := make(chan error)
	for range 2 { // each arrives before or after Close, and either way is cut
		go func() {
			_, err := s.try(t.Context(), http.MethodPost, messages, urlencoded, "")
			errs <- err
		}()
	}
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
		if err := <-errs; !errors.Is(err, io.EOF) {
			t.Errorf("POST = %v, want %v", err, io.EOF)
		}
	}
	s.mustSend(t, student)
}

func TestFaultDrop(t *testing.T) {
	t.Parallel()
	for when, stored := range map[string]int{sandbox.DropBefore: 0, sandbox.DropAfter: 1} {
		s := serve(t, account())
		s.SetFaults(sandbox.Fault{Drop: when, Times: 1})
		if _, err := s.send(t, mg.NewMessage(sender, "Code", "123456", student)); !errors.Is(err, io.EOF) {
			t.Errorf("%s: Send() = %v, want %v", when, err, io.EOF)
		}
		if got := len(s.Messages()); got != stored || s.Requests() != 1 {
			t.Errorf("%s: %d messages after %d requests, want %d after 1", when, got, s.Requests(), stored)
		}
		s.mustSend(t, student)
	}
}

func TestFaultDropAfterRefusal(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	s.SetFaults(sandbox.Fault{Drop: sandbox.DropAfter})
	if got := s.post(t, fields("to", "")); got.status != 400 {
		t.Errorf("POST = %d, want 400", got.status)
	}
}

func TestSetFaultsPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if got, want := recover(), "sandbox: fault 2: status 99 is not in 200 to 599"; got != want {
			t.Errorf("SetFaults() panicked with %v, want %q", got, want)
		}
	}()
	sandbox.New(account()).SetFaults(sandbox.Fault{Hang: true}, sandbox.Fault{Status: 99})
}

func TestFaultJSON(t *testing.T) {
	t.Parallel()
	want := sandbox.Fault{
		Status: 429, Body: "b", ContentType: "c", RetryAfter: "1", Location: "/", Wait: 90 * time.Second,
		WaitAs: sandbox.WaitDate, Delay: 1500 * time.Millisecond, Times: 3, Share: 0.5, PerSecond: 9,
	}
	const text = `{"status":429,"body":"b","contentType":"c","retryAfter":"1","location":"/","wait":"1m30s",
		"waitAs":"date","delay":"1.5s","times":3,"share":0.5,"perSecond":9}`
	var got sandbox.Fault
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Unmarshal(%s) (-want +got):\n%s", text, diff)
	}
}
