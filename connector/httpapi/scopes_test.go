package httpapi_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/labstack/echo/v4"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/httpapi"
)

// publicRoutes are all that ask for no token.
var publicRoutes = []string{
	"GET /healthz", "GET /metadata", "GET /metrics", "GET /openapi.yaml", "GET /readyz", "GET /schema/connector.json",
	"POST /hooks/{name}",     // each caller proves its calls in its own way
	"POST /webhooks/mailgun", // signed
	"PUT /hooks/{name}",
}

// tokensByScope are tokens that may one thing.
var tokensByScope = map[string]string{
	"send": "may-send-0123456789", "read": "may-read-0123456789", "edit": "may-edit-0123456789",
}

func withScopes(o *app.Options) {
	for _, scope := range slices.Sorted(maps.Keys(tokensByScope)) {
		o.Token += config.Secret("\n" + tokensByScope[scope] + " " + scope + " name=may-" + scope)
	}
}

// scopes returns the scopes of which an operation asks for one.
func (c *contract) scopes(t *testing.T, op operation) []string {
	t.Helper()
	var scopes []string
	alternatives, _ := c.lookup(op.pointer("security")).([]any)
	for _, alternative := range alternatives {
		names, _ := alternative.(map[string]any)["token"].([]any)
		if len(names) != 1 {
			t.Fatalf("%s: security %v, want one scope in each", op, alternative)
		}
		scopes = append(scopes, names[0].(string))
	}
	return scopes
}

// try sends what an operation takes, with a draft for who may edit.
func (op operation) try(t *testing.T, s *apptest.Service, token, scope string) apptest.Answer {
	t.Helper()
	body := `{}`
	if scope == "edit" {
		body = `{"config":{}}`
	}
	path := strings.NewReplacer("{id}", someID, "{kind}", "bounce", "{path}", "mail.html").Replace(op.path)
	return s.Do(t, op.method, path, body, map[string]string{
		"Authorization": "Bearer " + token, "Content-Type": "application/json", "If-Match": `"other"`,
	})
}

// Every scope is tried on every route: TestOpenAPIHasEveryRoute sees to it that none is
// missing in the document, and a route whose scope the document does not say fails here.
func TestScopes(t *testing.T) {
	t.Parallel()
	c := loadContract(t)
	s := apptest.Start(t, withDatabase(t, withScopes))
	var public []string
	for _, op := range c.operations() {
		if c.isPublic(op) {
			public = append(public, op.String())
			continue
		}
		scopes := c.scopes(t, op)
		if len(scopes) == 0 {
			t.Errorf("%s says neither a scope nor that it is public", op)
		}
		for scope, token := range tokensByScope {
			a := op.try(t, s, token, scope)
			refused := a.Status == http.StatusForbidden
			if a.Status == http.StatusUnauthorized || refused == slices.Contains(scopes, scope) {
				t.Errorf("%s with the scope %s = %d %s, want it to take %q", op, scope, a.Status, a.Body, scopes)
			}
			if lacks := `The token "may-` + scope + `" lacks the scope ` + strings.Join(scopes, " or ") + "."; refused &&
				!strings.Contains(string(a.Body), strings.ReplaceAll(lacks, `"`, `\"`)) {
				t.Errorf("%s with the scope %s: %s, want %s", op, scope, a.Body, lacks)
			}
		}
	}
	slices.Sort(public)
	if diff := cmp.Diff(publicRoutes, public); diff != "" {
		t.Errorf("public routes (-want +got):\n%s", diff)
	}
	if sent := s.Sandbox.Messages(); len(sent) > 0 {
		t.Errorf("%d mails were sent", len(sent))
	}
}

// lackingScopes shows the document how every route refuses a token that may too little.
func lackingScopes(t *testing.T, c *contract) {
	s := apptest.Start(t, withDatabase(t, withScopes))
	for _, op := range c.operations() {
		scopes := c.scopes(t, op)
		for scope, token := range tokensByScope {
			if len(scopes) > 0 && !slices.Contains(scopes, scope) {
				c.check(t, op, op.try(t, s, token, scope))
			}
		}
	}
}

// What a route takes may depend on the body: a draft is for who may edit.
func TestScopesOfDrafts(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Options: withScopes})
	own := s.Fill(t, draftConfig)
	for _, x := range []struct {
		scope, path, body string
		status            int
		lacks             string
	}{
		{"send", "/test", goodTest, 204, ""},
		{"send", "/test", `{"email":"user@example.org","config":null}`, 204, ""},
		{"send", "/test", `{"email":"user@example.org","config":` + own + `}`, 403, "edit"},
		{"edit", "/test", `{"email":"user@example.org","config":` + own + `}`, 204, ""},
		{"edit", "/test", goodTest, 403, "send"},
		{"read", "/preview", `{"type":"SignIn"}`, 200, ""},
		{"read", "/preview", `{"type":"SignIn","config":` + own + `}`, 403, "edit"},
		{"edit", "/preview", `{"type":"SignIn","config":` + own + `}`, 200, ""},
		{"edit", "/preview", `{"type":"SignIn"}`, 403, "read"},
	} {
		a := s.Do(t, http.MethodPost, x.path, x.body, map[string]string{
			"Authorization": tokensByScope[x.scope], "Content-Type": "application/json"})
		if a.Status != x.status || !strings.Contains(string(a.Body), x.lacks) {
			t.Errorf("POST %s %s with the scope %s = %d %s, want %d %s", x.path, x.body, x.scope, a.Status, a.Body, x.status, x.lacks)
		}
		want := `Bearer realm="mailgun-connector", error="insufficient_scope", scope="` + x.lacks + `"`
		if got := a.Header.Get("WWW-Authenticate"); x.status == 403 && got != want {
			t.Errorf("POST %s with the scope %s: WWW-Authenticate %s, want %s", x.path, x.scope, got, want)
		}
	}
}

func TestTokenSaysWhatItMay(t *testing.T) {
	t.Parallel()
	const plain, all = "plain-token-0123456789", "all-of-it-0123456789"
	s := apptest.Start(t, apptest.Config{Options: func(o *app.Options) {
		o.Token = plain + "," + all + " edit,read name=console send"
		withScopes(o)
	}})
	for token, want := range map[string]string{
		plain:                 `{"name":"","scopes":["send","read"]}`,
		all:                   `{"name":"console","scopes":["send","read","edit"]}`,
		tokensByScope["send"]: `{"name":"may-send","scopes":["send"]}`,
	} {
		a := s.Do(t, http.MethodGet, "/token", "", map[string]string{"Authorization": "Bearer " + token})
		if got := strings.TrimSpace(string(a.Body)); a.Status != http.StatusOK || got != want {
			t.Errorf("GET /token = %d %s, want 200 %s", a.Status, got, want)
		}
	}
	open := apptest.Start(t, apptest.Config{Options: func(o *app.Options) { o.Token = "" }})
	if a := open.Get(t, "/token"); strings.TrimSpace(string(a.Body)) != `{"name":"","scopes":["send","read","edit"]}` {
		t.Errorf("GET /token without tokens = %d %s, want all scopes", a.Status, a.Body)
	}
}

func TestNewTokensRefuses(t *testing.T) {
	t.Parallel()
	const token, other = "first-token-0123456789", "other-token-0123456789"
	for text, want := range map[string]string{
		"":                       "there is no token",
		"send,read":              "must follow their token",
		"name=logto " + token:    "must follow their token",
		token + " sned":          "token 2 is shorter than 16 characters and easily guessed; if it was meant as a scope, those are send, read, edit",
		token + " Send":          "token 2 is shorter",
		token + " name=":         "name of token 1",
		token + " name=a/b":      "name of token 1",
		token + " name=a name=b": "token 1 has two names",
		token + " name=" + token + "\n" + token + " name=b": "token 2 is token 1 with another name or other scopes",
		token + "," + other + " send," + token + " send":    "token 3 is token 1 with another name or other scopes",
		"tökén-0123456789":                                  "token 1 holds characters",
	} {
		if _, err := httpapi.NewTokens(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("NewTokens(%q) = %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{
		token, token + "," + other, token + " send,read name=logto\n" + other + " edit", token + "\n" + token,
		token + " send, read," + other, token + " read,send\n" + token + " send,read", token + " " + token + " send,read",
	} {
		if _, err := httpapi.NewTokens(text); err != nil {
			t.Errorf("NewTokens(%q) = %v", text, err)
		}
	}
}

// The inbox of a demo's sandbox has codes in it.
func TestSandboxRoutesNeedRead(t *testing.T) {
	t.Parallel()
	tokens, err := httpapi.NewTokens(tokensByScope["send"] + " send")
	if err != nil {
		t.Fatal(err)
	}
	h := newHandler(t, func(c *httpapi.Config) {
		c.Sandbox = http.HandlerFunc(echoPath)
		c.Tokens = func() httpapi.Tokens { return tokens }
	})
	tried := 0
	for _, route := range h.(interface{ Routes() []*echo.Route }).Routes() {
		if !strings.HasPrefix(route.Path, "/sandbox/") {
			continue
		}
		tried++
		req := httptest.NewRequestWithContext(t.Context(), route.Method, strings.Replace(route.Path, ":n", "1", 1), nil)
		req.Header.Set("Authorization", tokensByScope["send"])
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, req); w.Code != http.StatusForbidden {
			t.Errorf("%s %s with the scope send = %d, want 403", route.Method, route.Path, w.Code)
		}
	}
	if tried == 0 {
		t.Error("there is no route of the sandbox")
	}
}
