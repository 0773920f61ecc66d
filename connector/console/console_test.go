package console_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"mailgun-connector/connector/console"
)

func newConsole(t *testing.T) http.Handler {
	t.Helper()
	h, err := console.New()
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return h
}

// get asks for a path with headers given as name, value, name, value.
func get(t *testing.T, h http.Handler, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

var assetURL = regexp.MustCompile(`"(/console/[^"]+)"`)

// loads gives the addresses of what the page loads.
func loads(t *testing.T, h http.Handler) []string {
	t.Helper()
	var all []string
	for _, m := range assetURL.FindAllStringSubmatch(get(t, h, "/").Body.String(), -1) {
		all = append(all, m[1])
	}
	if len(all) < 3 {
		t.Fatalf("the page loads %q, want a script, a style sheet and an icon", all)
	}
	return all
}

func TestPageIsUnderAStrictPolicy(t *testing.T) {
	t.Parallel()
	w := get(t, newConsole(t), "/")
	if w.Code != http.StatusOK {
		t.Fatalf("GET / = %d, want 200", w.Code)
	}
	for name, want := range map[string]string{
		"Content-Type":           "text/html; charset=utf-8",
		"Cache-Control":          "no-store",
		"Referrer-Policy":        "no-referrer",
		"X-Content-Type-Options": "nosniff",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	policy := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
		"frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'",
	} {
		if !strings.Contains(policy, want+";") && !strings.HasSuffix(policy, want) {
			t.Errorf("policy = %q, want %q in it", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("policy = %q, want nothing unsafe in it", policy)
	}
}

// What a policy with 'self' forbids must not stand in the page.
func TestPageHasNothingInline(t *testing.T) {
	t.Parallel()
	page := get(t, newConsole(t), "/").Body.String()
	for _, unwanted := range []string{"<style", "style=", "onclick", "onload", "<script>", "http:", "https:"} {
		if strings.Contains(page, unwanted) {
			t.Errorf("the page holds %q:\n%s", unwanted, page)
		}
	}
}

func TestFrameRunsAndLoadsNothing(t *testing.T) {
	t.Parallel()
	w := get(t, newConsole(t), "/console/frame.html")
	policy := w.Header().Get("Content-Security-Policy")
	for _, want := range []string{"sandbox allow-same-origin;", "default-src 'none';", "img-src data:;", "frame-ancestors 'self';"} {
		if !strings.Contains(policy, want) {
			t.Errorf("policy = %q, want %q in it", policy, want)
		}
	}
	for _, unwanted := range []string{"allow-scripts", "script-src", "connect-src", "http"} {
		if strings.Contains(policy, unwanted) {
			t.Errorf("policy = %q, want no %q in it", policy, unwanted)
		}
	}
}

func TestAssetsAreKept(t *testing.T) {
	t.Parallel()
	h := newConsole(t)
	for _, url := range loads(t, h) {
		w := get(t, h, url)
		if got := w.Header().Get("Cache-Control"); w.Code != http.StatusOK || !strings.Contains(got, "immutable") {
			t.Errorf("GET %s = %d with Cache-Control %q, want 200 and immutable", url, w.Code, got)
		}
		if got := w.Header().Get("X-Content-Type-Options"); got != "nosniff" {
			t.Errorf("GET %s: X-Content-Type-Options = %q, want nosniff", url, got)
		}
		if again := get(t, h, url, "If-None-Match", w.Header().Get("Etag")); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
			t.Errorf("GET %s with its ETag = %d, %d bytes, want 304 and none", url, again.Code, again.Body.Len())
		}
	}
}

// maxFirstLoad is what a browser may have to fetch to show the page, compressed.
const maxFirstLoad = 400_000

func TestFirstLoadIsSmall(t *testing.T) {
	t.Parallel()
	h := newConsole(t)
	total := 0
	for _, url := range append(loads(t, h), "/", "/console/frame.html") {
		w := get(t, h, url, "Accept-Encoding", "br, gzip;q=0.5")
		if got := w.Header().Get("Content-Encoding"); got != "gzip" {
			t.Errorf("GET %s: Content-Encoding = %q, want gzip", url, got)
		}
		total += w.Body.Len()
	}
	t.Logf("first load: %d bytes", total)
	if total > maxFirstLoad {
		t.Errorf("first load = %d bytes, want at most %d", total, maxFirstLoad)
	}
}

func TestCompressedIsTheSame(t *testing.T) {
	t.Parallel()
	h := newConsole(t)
	for _, url := range append(loads(t, h), "/") {
		plain := get(t, h, url, "Accept-Encoding", "gzip;q=0")
		if got := plain.Header().Get("Content-Encoding"); got != "" {
			t.Errorf("GET %s without gzip: Content-Encoding = %q, want none", url, got)
		}
		r, err := gzip.NewReader(get(t, h, url, "Accept-Encoding", "gzip").Body)
		if err != nil {
			t.Fatalf("GET %s with gzip: %v", url, err)
		}
		text, err := io.ReadAll(r)
		if err != nil || string(text) != plain.Body.String() {
			t.Errorf("GET %s with gzip differs from the plain one: %v", url, err)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	t.Parallel()
	h := newConsole(t)
	for _, path := range []string{"/index.html", "/console", "/console/", "/console/app.js", "/console/assets/app.js", "/app.js"} {
		if w := get(t, h, path); w.Code != http.StatusNotFound {
			t.Errorf("GET %s = %d, want 404", path, w.Code)
		}
	}
}
