package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/sandbox"
)

// inbox returns the numbers of the messages that GET path lists.
func (s site) inbox(t *testing.T, path string) []int {
	t.Helper()
	var list struct{ Messages []sandbox.Message }
	if got := s.do(t, http.MethodGet, path, "", ""); json.Unmarshal([]byte(got.body), &list) != nil || got.status != 200 {
		t.Fatalf("GET %s = %d %s, want 200 and JSON", path, got.status, got.body)
	}
	return numbers(list.Messages)
}

func numbers(list []sandbox.Message) []int {
	n := []int{}
	for _, m := range list {
		n = append(n, m.Seq)
	}
	return n
}

func TestInbox(t *testing.T) {
	t.Parallel()
	c := account()
	c.Capacity = 2
	s := serve(t, c)
	if got := s.do(t, http.MethodGet, "/inbox", "", ""); got.body != "{\n  \"messages\": []\n}\n" {
		t.Errorf("GET /inbox = %q, want an empty list", got.body)
	}
	for _, to := range []string{"a@example.net", "b@example.net", "c@example.net"} {
		s.mustSend(t, to)
	}
	if diff := cmp.Diff([]int{2, 3}, numbers(s.Messages())); diff != "" {
		t.Errorf("Messages() (-want +got):\n%s", diff)
	}
	for path, want := range map[string][]int{
		"/inbox": {3, 2}, "/inbox?to=B@example.net": {2}, "/inbox?to=a@example.net": {},
	} {
		if diff := cmp.Diff(want, s.inbox(t, path)); diff != "" {
			t.Errorf("GET %s (-want +got):\n%s", path, diff)
		}
	}
	if got := s.do(t, http.MethodDelete, "/inbox", "", ""); got.status != 204 {
		t.Errorf("DELETE /inbox = %d, want 204", got.status)
	}
	s.mustSend(t, "d@example.net")
	if diff := cmp.Diff([]int{4}, s.inbox(t, "/inbox")); diff != "" {
		t.Errorf("GET /inbox after DELETE (-want +got):\n%s", diff)
	}
}

func TestInboxMessage(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	s.post(t, fields("html", "<script>alert(1)</script>"))
	s.mustSend(t, student)
	got := s.do(t, http.MethodGet, "/inbox/1", "", "")
	var m sandbox.Message
	if err := json.Unmarshal([]byte(got.body), &m); err != nil {
		t.Fatalf("GET /inbox/1 = %s: %v", got.body, err)
	}
	want := s.Messages()[0]
	want.Authorization = ""
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("GET /inbox/1 (-want +got):\n%s", diff)
	}
	if strings.Contains(got.body, "Basic ") {
		t.Errorf("GET /inbox/1 = %s, which holds the key", got.body)
	}
	const policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data: https:"
	html := s.do(t, http.MethodGet, "/inbox/1/html", "", "")
	if html.status != 200 || html.body != m.HTML || html.header.Get("Content-Type") != "text/html; charset=utf-8" ||
		html.header.Get("Content-Security-Policy") != policy {
		t.Errorf("GET /inbox/1/html = %+v, want the HTML with a strict policy", html)
	}
	for path, want := range map[string]string{
		"/inbox/3": "no message 3 in the inbox", "/inbox/x": "no message x in the inbox",
		"/inbox/0/html": "no message 0 in the inbox", "/inbox/2/html": "message 2 has no HTML part",
	} {
		if got := s.do(t, http.MethodGet, path, "", ""); got.status != 404 || got.body != `{"message":"`+want+`"}`+"\n" {
			t.Errorf("GET %s = %d %s, want 404 %s", path, got.status, got.body, want)
		}
	}
}

func TestFaultRoutes(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	const list = ` [{"status":500,"times":1},{"delay":"1ms","drop":"after"}] `
	put := s.do(t, http.MethodPut, "/faults", "application/json", list)
	if put.status != 204 {
		t.Errorf("PUT /faults = %+v, want 204", put)
	}
	if got := s.post(t, fields()); got.status != 500 {
		t.Errorf("POST = %d, want 500", got.status)
	}
	if got, err := s.tryPost(t); err == nil || len(s.Messages()) != 1 {
		t.Errorf("second POST = %+v with %d messages, want its connection cut after one", got, len(s.Messages()))
	}
	if got := s.do(t, http.MethodDelete, "/faults", "", ""); got.status != 204 {
		t.Errorf("DELETE /faults = %d, want 204", got.status)
	}
	if got := s.post(t, fields()); got.status != 200 {
		t.Errorf("POST after DELETE /faults = %d, want 200", got.status)
	}
}

func TestFaultRoutesRefuse(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	s.SetFaults(sandbox.Fault{Status: 503})
	for body, want := range map[string]string{
		``:                                 "EOF",
		`{"status":500}`:                   "cannot unmarshal object",
		`[{"stauts":500}]`:                 `unknown field`,
		`[{"delay":5}]`:                    "cannot unmarshal number",
		`[{"delay":"soon"}]`:               "invalid duration",
		`[null]`:                           "fault 1: does nothing",
		`[{"hang":true},{"times":1}]`:      "fault 2: does nothing",
		`[{"status":700}]`:                 "status 700 is not in 200 to 599",
		`[{"drop":"now"}]`:                 `drop \"now\" is neither \"before\" nor \"after\"`,
		`[{"status":429,"waitAs":"days"}]`: `waitAs \"days\" is neither`,
		`[{"status":500,"share":1.5}]`:     "share 1.5 is not in 0 to 1",
		`[{"status":500,"times":-1}]`:      "may not be negative",
		`[{"status":500,"hang":true}]`:     "exclude each other",
	} {
		got := s.do(t, http.MethodPut, "/faults", "application/json", body)
		if got.status != 400 || !strings.HasPrefix(got.body, `{"message":"`) || !strings.Contains(got.body, want) {
			t.Errorf("PUT %s = %d %s, want 400 with %q", body, got.status, got.body, want)
		}
	}
	if got := s.post(t, fields()); got.status != 503 {
		t.Errorf("POST = %d, want the 503 that was set before", got.status)
	}
}

func TestIndexNamesEveryRoute(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	got := s.do(t, http.MethodGet, "/", "", "")
	routes := regexp.MustCompile(`(?m)^(GET|PUT|DELETE) +(/[if]\S+)`).FindAllStringSubmatch(got.body, -1)
	if got.status != 200 || len(routes) != 6 || !strings.Contains(got.body, "/v3/{domain}/messages") {
		t.Errorf("GET / = %d %s, want the routes", got.status, got.body)
	}
	s.post(t, fields("html", "<p>"))
	for _, route := range routes {
		path := strings.Replace(route[2], "{n}", "1", 1)
		want := map[string]int{"GET": 200, "PUT": 400, "DELETE": 204}[route[1]]
		if got := s.do(t, route[1], path, "", ""); got.status != want {
			t.Errorf("%s %s = %d, want %d", route[1], path, got.status, want)
		}
		s.post(t, fields("html", "<p>"))
	}
	if got := s.do(t, http.MethodPost, "/inbox", "", ""); got.status != 405 {
		t.Errorf("POST /inbox = %d, want 405", got.status)
	}
}

func TestOwnRoutesWantLoopbackHost(t *testing.T) {
	t.Parallel()
	s := sandbox.New(account())
	for host, want := range map[string]int{
		"localhost": 200, "LOCALHOST:8025": 200, "127.0.0.1:1": 200, "127.1.2.3": 200,
		"[::1]:80": 200, "[::1]": 200, "[::ffff:127.0.0.1]:1": 200,
		"": 403, "evil.example": 403, "evil.example:80": 403, "localhost.evil.example": 403, "127.0.0.1.evil.example": 403,
		"192.168.0.1:80": 403, "0.0.0.0": 403, "[::]:80": 403, "169.254.169.254": 403,
	} {
		for _, path := range []string{"/", "/inbox"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
			r.Host = host
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("GET %s with Host %q = %d, want %d", path, host, w.Code, want)
			}
		}
	}
	if got := statuses(t, s, 1)[0]; got != 200 { // Host is example.com
		t.Errorf("POST messages = %d, want 200 under any Host", got)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	s.mustSend(t, student)
	s.SetFaults(sandbox.Fault{Status: 500})
	s.Reset()
	if len(s.Messages()) != 0 || s.Requests() != 0 {
		t.Errorf("%d messages, %d requests after Reset, want none", len(s.Messages()), s.Requests())
	}
	s.mustSend(t, student)
	if diff := cmp.Diff([]int{2}, numbers(s.Messages())); diff != "" {
		t.Errorf("Messages() after Reset (-want +got):\n%s", diff)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	const n = 64
	s := serve(t, account())
	s.SetFaults(sandbox.Fault{Status: 500, Share: 0.5})
	var senders sync.WaitGroup
	for i := range n {
		senders.Go(func() {
			_, _ = s.tryPost(t, "text", fmt.Sprint(i))
			s.Messages()
		})
	}
	senders.Wait()
	if s.Requests() != n || len(s.Messages()) != n/2 {
		t.Errorf("%d messages of %d requests, want half of %d", len(s.Messages()), s.Requests(), n)
	}
	ids := map[string]bool{}
	for _, m := range s.Messages() {
		ids[m.ID] = true
	}
	if len(ids) != n/2 {
		t.Errorf("%d different ids, want %d", len(ids), n/2)
	}
}

func TestOwnRoutesRefuseOtherSites(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	for _, test := range []struct {
		header, value string
		want          int
	}{
		{"", "", 204}, // curl
		{"Origin", "http://localhost:8025", 204},
		{"Origin", "https://evil.example", 403},
		{"Origin", "null", 403},
		{"Sec-Fetch-Site", "same-origin", 204},
		{"Sec-Fetch-Site", "same-site", 403}, // another port of localhost
		{"Sec-Fetch-Site", "cross-site", 403},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, "/faults", strings.NewReader(`[]`))
		r.Host = "localhost:8025"
		if test.header != "" {
			r.Header.Set(test.header, test.value)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != test.want {
			t.Errorf("PUT with %s: %s = %d %s, want %d", test.header, test.value, w.Code, w.Body, test.want)
		}
	}
}

func TestSuppressionRoute(t *testing.T) {
	t.Parallel()
	s := serve(t, account())
	put := func(body string) reply { return s.do(t, http.MethodPut, "/suppressions", "application/json", body) }
	if got := put(`{"ada@example.org":605}`); got.status != 204 {
		t.Fatalf("PUT /suppressions = %+v, want 204", got)
	}
	for body, want := range map[string]string{
		``:                        "EOF",
		`["ada@example.org"]`:     "cannot unmarshal array",
		`{"ada@example.org":600}`: "not 605 (bounce), 606 (unsubscribe) or 607 (complaint)",
	} {
		if got := put(body); got.status != 400 || !strings.Contains(got.body, want) {
			t.Errorf("PUT %s = %d %s, want 400 with %q", body, got.status, got.body, want)
		}
	}
	s.mustSend(t, "ada@example.org")
	if got := s.Messages()[0].State; got != sandbox.StateSuppressed {
		t.Errorf("a mail to who bounced is %q, want suppressed", got)
	}
	if got := put(`{}`); got.status != 204 {
		t.Errorf("PUT {} = %+v, want 204", got)
	}
	s.mustSend(t, "ada@example.org")
	if got := s.Messages()[1].State; got != sandbox.StateDelivered {
		t.Errorf("a mail after that is %q, want delivered", got)
	}
}
