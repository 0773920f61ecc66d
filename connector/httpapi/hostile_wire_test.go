package httpapi_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
)

// rawSend is a good send over a raw connection, with lines added to its headers.
func rawSend(version string, lines ...string) string {
	return "POST /send-code HTTP/" + version + "\r\nHost: connector.example.org\r\nAccept: */*\r\nAuthorization: Bearer " + apptest.Token +
		"\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(aliveBody)) + "\r\n" +
		strings.Join(append(lines, ""), "\r\n") + "\r\n" + aliveBody
}

func TestHostilePaths(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Console = false }})
	for target, want := range map[string]int{
		"/":                                   404,
		"/nowhere":                            404,
		"/send-code/":                         404,
		"/SEND-CODE":                          404,
		"//config":                            404,
		"/config/":                            404,
		"/./config":                           404,
		"/healthz/../config":                  404,
		"/../../../../etc/passwd":             404,
		"/%2e%2e/%2e%2e/etc/passwd":           404,
		"/..%2f..%2fetc%2fpasswd":             404,
		"/..\\..\\etc\\passwd":                404,
		"/schema/../connector.json":           404,
		"/schema/%2e%2e/%2e%2e/etc/passwd":    404,
		"/schema/connector.json/":             404,
		"/schema/connector.json%00":           404,
		"/openapi.yaml::$DATA":                404,
		"/%63onfig":                           404, // a spelling that a proxy's rules may not know
		"/healthz%2f..%2fconfig":              404,
		"/config;x=1":                         404,
		"/echo_route_not_found":               404,
		"/*":                                  404,
		"/config?x=/healthz":                  401,
		"http://connector.example.org/config": 401,
		"http://elsewhere.example/nowhere":    404,
		"/" + strings.Repeat("x", 8000):       404,
		"*":                                   404,
		"nowhere":                             400, // by the server itself
		"/%zz":                                400,
		"/with space":                         400,
	} {
		t.Run(target[:min(len(target), 60)], func(t *testing.T) {
			t.Parallel()
			w := dial(t, s)
			w.send(t, "GET "+target+" HTTP/1.1\r\nHost: connector.example.org\r\n\r\n")
			switch a := w.answer(t, http.MethodGet); {
			case want == http.StatusNotFound:
				checkRefusal(t, "GET "+target, a, refusal{want, connector.InvalidRequest})
			case want == http.StatusUnauthorized:
				checkUnauthorized(t, "GET "+target, a)
			case a.Status != want:
				t.Errorf("GET %.100s = %d %s, want %d", target, a.Status, a.Body, want)
			}
			checkAlive(t, s)
		})
	}
}

func TestHostileMethods(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	taken := map[operation]bool{}
	for _, op := range loadContract(t).operations() {
		taken[op] = true
		taken[operation{http.MethodHead, op.path}] = taken[operation{http.MethodHead, op.path}] || op.method == http.MethodGet
	}
	for _, op := range loadContract(t).operations() {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "BREW", "HEAD"} {
			if taken[operation{method, op.path}] {
				continue
			}
			t.Run(method+op.path, func(t *testing.T) {
				t.Parallel()
				a := s.Do(t, method, op.path, "", map[string]string{"Authorization": "Bearer " + apptest.Token})
				if !strings.Contains(a.Header.Get("Allow"), op.method) {
					t.Errorf("%s %s with Allow %q, want %s in it", method, op.path, a.Header.Get("Allow"), op.method)
				}
				if method == http.MethodHead {
					if a.Status != http.StatusMethodNotAllowed || len(a.Body) > 0 {
						t.Errorf("HEAD %s = %d with body %q, want 405 without", op.path, a.Status, a.Body)
					}
					return
				}
				checkRefusal(t, method+" "+op.path, a, refusal{http.StatusMethodNotAllowed, connector.InvalidRequest})
			})
		}
	}
	if a := s.Do(t, http.MethodOptions, "/send-code", "", nil); a.Status != http.StatusNoContent || !strings.Contains(a.Header.Get("Allow"), "POST") {
		t.Errorf("OPTIONS /send-code = %d with Allow %q, want 204 with POST", a.Status, a.Header.Get("Allow"))
	}
	// A HEAD is answered like a GET, and is as private.
	for path, want := range map[string]int{"/healthz": 200, "/metrics": 200, "/openapi.yaml": 200, "/config": 401, "/status": 401} {
		if a := s.Do(t, http.MethodHead, path, "", nil); a.Status != want || len(a.Body) > 0 {
			t.Errorf("HEAD %s = %d with body %.40q, want %d without", path, a.Status, a.Body, want)
		}
	}
	// Whether a HEAD is taken or not, its answer has no body, or the next answer
	// on the connection would be read out of step.
	w := dial(t, s)
	for _, path := range []string{"/healthz", "/config", "/nowhere"} {
		w.send(t, "HEAD "+path+" HTTP/1.1\r\nHost: connector.example.org\r\n\r\n")
		w.answer(t, http.MethodHead)
	}
	w.send(t, rawSend("1.1"))
	if a := w.answer(t, http.MethodPost); a.Status != http.StatusOK {
		t.Errorf("Post after three HEAD on one connection = %d %s, want 200", a.Status, a.Body)
	}
}

func TestHostileRequestIDs(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	longest := strings.Repeat("i", 128)
	for line, kept := range map[string]bool{
		"0198c0de-7a10-7f00-8000-5f0c6a1b2c3d": true,
		"a.b:c/d+e=f_g":                        true,
		"1":                                    true,
		longest:                                true,
		longest + "i":                          false,
		strings.Repeat("i", 12_000):            false,
		"":                                     false,
		"two words":                            false,
		"folded\r\n line":                      false,
		`"quoted"`:                             false,
		`a","admin":"true`:                     false,
		"a;b":                                  false,
		"a,b":                                  false,
		"<script>":                             false,
		"${jndi:ldap://elsewhere.example}":     false,
		"%0d%0aSet-Cookie:x":                   false,
		"é":                                    false,
		"\xff":                                 false,
		"tab\tinside":                          false,
	} {
		t.Run(line[:min(len(line), 40)], func(t *testing.T) {
			t.Parallel()
			w := dial(t, s)
			w.send(t, rawSend("1.1", "X-Request-Id: "+line))
			a := w.answer(t, http.MethodPost)
			got := a.Header.Values("X-Request-Id")
			if a.Status != http.StatusOK || len(got) != 1 || got[0] == "" || (got[0] == line) != kept {
				t.Errorf("Post(X-Request-Id %.60q) = %d with %.60q, kept %v", line, a.Status, got, kept)
			}
			if !kept && line != "" && strings.Contains(s.Logs.String(), line) {
				t.Errorf("Post(X-Request-Id %.60q): the log has it", line)
			}
		})
	}
}

func TestHostileHeaders(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	many := make([]string, 2000)
	for i := range many {
		many[i] = fmt.Sprintf("X-H-%d: 1234567890", i)
	}
	for _, c := range []struct {
		name    string
		request string
		status  int
	}{
		{"one of 64 KiB", rawSend("1.1", "X-Big: "+strings.Repeat("x", 64<<10)), 431},
		{"a name of 64 KiB", rawSend("1.1", strings.Repeat("x", 64<<10)+": 1"), 431},
		{"2000 of them", rawSend("1.1", many...), 431},
		{"a path of 64 KiB", "GET /" + strings.Repeat("x", 64<<10) + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
		{"8 KiB are fine", rawSend("1.1", "X-Big: "+strings.Repeat("x", 8<<10)), 200},
		{"line break in a value", rawSend("1.1", "X-Request-Id: a\rb"), 400},
		{"NUL in a value", rawSend("1.1", "X-Request-Id: a\x00b"), 400},
		{"space before the colon", rawSend("1.1", "X-Request-Id : a"), 400},
		{"no colon", rawSend("1.1", "X-Request-Id"), 400},
		{"two lengths", rawSend("1.1", "Content-Length: 3"), 400},
		{"negative length", "POST /send-code HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
		{"two hosts", "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
		{"no host", "GET /healthz HTTP/1.1\r\n\r\n", 400},
		{"no HTTP", "EHLO connector.example.org\r\nMAIL FROM:<evil@example.net>\r\n\r\n", 400},
		{"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400},
		{"unknown coding", strings.Replace(rawSend("1.1", "Transfer-Encoding: gzip"), "Content-Length", "X-Length", 1), 501},
		{"HTTP/3.0", "GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n", 505},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := dial(t, s)
			_, _ = io.WriteString(w, c.request) // the server may have seen enough before the end
			a := w.answer(t, http.MethodPost)
			if a.Status != c.status {
				t.Errorf("Post(%s) = %d %s, want %d", c.name, a.Status, a.Body, c.status)
			}
			checkNoSecrets(t, c.name, a, alive)
			checkAlive(t, s)
		})
	}
}

func TestOldHTTP(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	w := dial(t, s)
	w.send(t, rawSend("1.0"))
	if a := w.answer(t, http.MethodPost); a.Status != http.StatusOK {
		t.Errorf("Post over HTTP/1.0 = %d %s, want 200", a.Status, a.Body)
	}
	if rest := w.untilClosed(t); rest != "" {
		t.Errorf("after an answer over HTTP/1.0 the server says %.200q, want nothing", rest)
	}

	w = dial(t, s)
	w.send(t, "GET /healthz HTTP/1.0\r\n\r\n") // without a Host
	if a := w.answer(t, http.MethodGet); a.Status != http.StatusOK {
		t.Errorf("GET /healthz over HTTP/1.0 = %d %s, want 200", a.Status, a.Body)
	}
	checkAlive(t, s)
}

// Requests that come all at once on one connection are answered in their order,
// and a refused body does not run into the next request.
func TestPipelining(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	w := dial(t, s)
	const health = "GET /healthz HTTP/1.1\r\nHost: x\r\n"
	unread := "POST /send-code HTTP/1.1\r\nHost: x\r\nX-Request-Id: 3\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n" +
		(health + "\r\n" + strings.Repeat(" ", 40))[:40]
	w.send(t, health+"X-Request-Id: 1\r\n\r\n"+
		rawSend("1.1", "X-Request-Id: 2")+
		unread+
		rawSend("1.1", "X-Request-Id: 4")+
		health+"X-Request-Id: 5\r\nConnection: close\r\n\r\n")
	for i, want := range []int{200, 200, 401, 200, 200} {
		a := w.answer(t, http.MethodPost)
		if id := a.Header.Get("X-Request-Id"); a.Status != want || id != strconv.Itoa(i+1) {
			t.Errorf("answer %d = %d with id %q: %s, want %d", i+1, a.Status, id, a.Body, want)
		}
	}
	if rest := w.untilClosed(t); rest != "" {
		t.Errorf("after the last answer the server says %.200q, want nothing", rest)
	}
	if got := len(s.Sandbox.Messages()); got != 2 {
		t.Errorf("%d mails, want 2", got)
	}
}

// Slow callers hold nothing but their own connection, and that not for long.
func TestHostileSlowness(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	start := time.Now()
	head, _, _ := strings.Cut(rawSend("1.1"), "\r\n\r\n")
	silent, stuck, trickling, body := dial(t, s), dial(t, s), dial(t, s), dial(t, s)
	stuck.send(t, "POST /send-code HTTP/1.1\r\nHost: x\r\nX-")
	trickling.send(t, "POST /send-code HTTP/1.1\r\nHost: x\r\nX-Slow: ")
	body.send(t, head+"\r\n\r\n{")
	stop := make(chan struct{})
	defer close(stop)
	for _, w := range []*wire{trickling, body} {
		go func() { // a byte at a time, always about to finish
			tick := time.NewTicker(200 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-stop:
					return
				case <-tick.C:
					if _, err := io.WriteString(w, " "); err != nil {
						return
					}
				}
			}
		}()
	}
	for range 20 {
		checkAlive(t, s)
	}
	const headers, whole = 5 * time.Second, 10 * time.Second // the server's limits
	for name, w := range map[string]*wire{"silence": silent, "half a header": stuck, "a header a byte at a time": trickling} {
		if rest := w.untilClosed(t); rest != "" && !strings.HasPrefix(rest, "HTTP/1.1 400 ") {
			t.Errorf("%s is answered %.200q, want nothing or 400", name, rest)
		}
		if got := time.Since(start); got > headers+2*time.Second {
			t.Errorf("%s is cut after %s, want %s", name, got, headers)
		}
	}
	checkAlive(t, s)
	a := body.answer(t, http.MethodPost)
	checkRefusal(t, "a body a byte at a time", a, refusal{http.StatusRequestTimeout, connector.InvalidRequest}, alive)
	if got := time.Since(start); got > whole+2*time.Second {
		t.Errorf("a body a byte at a time is cut after %s, want %s", got, whole)
	}
	checkAlive(t, s)
}
