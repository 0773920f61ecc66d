//go:build e2e

package e2e_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// runNode runs a script of callers/ and returns what it says.
func runNode(t *testing.T, env []string, input any, args ...string) []byte {
	t.Helper()
	if _, err := os.Stat(filepath.Join("callers", "node_modules", "svix")); err != nil {
		t.Fatalf("the callers' libraries are not installed: run `make e2e`, which installs them (%v)", err)
	}
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("this test needs Node 20 or later: %v", err)
	}
	text, err := json.Marshal(input)
	must(t, err)
	cmd := exec.CommandContext(t.Context(), node, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = "callers", env, bytes.NewReader(text)
	var said bytes.Buffer
	cmd.Stderr = &said
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("node %v = %q, %v; it says:\n%s", args, output, err, said.String())
	}
	return output
}

// withBrand is a config with a mail for every usage type, and some callers.
func withBrand(callers map[string]any) func(doc map[string]any) {
	return func(doc map[string]any) {
		delete(doc, "deliveries")
		doc["brand"] = map[string]any{"name": "Acorn Lane"}
		if callers != nil {
			doc["callers"] = callers
		}
	}
}

// TestCallersLibraries takes calls that the identity servers' own libraries have signed.
func TestCallersLibraries(t *testing.T) {
	const standard, svix = "whsec_TjV2c0pZbWhmS3o4d1FkMkdhUnhVcEw2Y0V0QjFpTWU=", "whsec_Q2xlcmstdGVzdC1zZWNyZXQtZm9yLWZpeHR1cmVzLTAwMQ=="
	var keys []byte
	shown := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(keys) }))
	t.Cleanup(shown.Close)
	s := start(t, spec{config: withBrand(map[string]any{
		"supabase": map[string]any{"type": "supabase", "secrets": []string{"v1," + standard}},
		"clerk":    map[string]any{"type": "clerk", "secrets": []string{svix}, "content": "own"},
		"hanko":    map[string]any{"type": "hanko", "jwks": shown.URL, "audience": []string{"a"}, "content": "own"},
	})})
	for caller, job := range map[string]map[string]any{
		"supabase": {"library": "standardwebhooks", "secret": standard,
			"body": `{"metadata":{"uuid":"1"},"user":{"email":"supabase@example.org"},"email_data":{"token":"481629","email_action_type":"magiclink"}}`},
		"clerk": {"library": "svix", "secret": svix,
			"body": `{"type":"email.created","data":{"to_email_address":"clerk@example.org","slug":"verification_code","data":{"otp_code":"481629"}}}`},
		"hanko": {"library": "jose", "claims": map[string]any{
			"aud": []string{"a"}, "sub": "hanko webhooks", "evt": "email.send",
			"data": map[string]any{"to_email_address": "hanko@example.org", "type": "login", "data": map[string]any{"otp_code": "481629"}}}},
	} {
		var signed struct {
			Headers map[string]string
			Body    string
			JWKS    json.RawMessage
		}
		must(t, json.Unmarshal(runNode(t, nil, job, "sign.mjs"), &signed))
		keys = signed.JWKS
		post := func(body string) int {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.url+"/hooks/"+caller, strings.NewReader(body))
			must(t, err)
			req.Header.Set("Content-Type", "application/json")
			for name, value := range signed.Headers {
				req.Header.Set(name, value)
			}
			resp, err := s.client.Do(req)
			must(t, err)
			resp.Body.Close()
			return resp.StatusCode
		}
		if got := post(strings.Replace(signed.Body, "4", "5", 1)); got != http.StatusUnauthorized {
			t.Errorf("a call of %s that was changed = %d, want 401", caller, got)
		}
		if got := post(signed.Body); got != http.StatusOK {
			t.Errorf("a call of %s = %d, want 200", caller, got)
		}
	}
	checkMails(t, s, map[string]string{"supabase@example.org": "481629", "clerk@example.org": "481629", "hanko@example.org": "481629"})
}

// checkMails holds the mails that were sent to words that their texts must have.
func checkMails(t *testing.T, s *service, want map[string]string) {
	t.Helper()
	var got []string
	for _, m := range s.sandbox.Messages() {
		got = append(got, m.To)
		if word := want[m.To]; !strings.Contains(m.Text, word) {
			t.Errorf("the mail to %s is %q, want %q in it", m.To, m.Text, word)
		}
	}
	slices.Sort(got)
	var all []string
	for to := range want {
		all = append(all, to)
	}
	slices.Sort(all)
	if diff := cmp.Diff(all, got); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
}

// TestRecipes runs each function of examples/functions as its identity server would: Better
// Auth's and SuperTokens' by their published packages.
func TestRecipes(t *testing.T) {
	for recipe, tt := range map[string]struct {
		said  string
		mails map[string]string
	}{
		"betterAuth": {
			`[["/email-otp/send-verification-otp",200],["/sign-in/magic-link",200],` +
				`["/sign-up/email",200],["/request-password-reset",200],` +
				`["/sign-up/email",200],["/send-verification-email",200],` +
				`["/organization/create",200],["/organization/invite-member",200]]`,
			map[string]string{
				"otp@example.org":     "code",
				"link@example.org":    "https://app.example.com/api/auth/magic-link/verify?token=",
				"reset@example.org":   "https://app.example.com/api/auth/reset-password/",
				"verify@example.org":  "https://app.example.com/api/auth/verify-email?token=",
				"invited@example.org": "https://app.example.com/accept-invitation/",
			},
		},
		"supertokens": {`[]`, map[string]string{"super@example.org": "590237"}},
		"auth0": {`[["drop","the mail service refuses: 400"]]`, map[string]string{
			"code@example.org": "481629", "reset@example.org": "https://a.auth0.example/u/reset?t=1"}},
		"cognito": {`[]`, map[string]string{"cognito@example.org": "712233"}},
	} {
		t.Run(recipe, func(t *testing.T) {
			s := start(t, spec{config: withBrand(nil)})
			said := runNode(t, []string{"MAIL_URL=" + s.url, "MAIL_TOKEN=" + token}, nil, "recipe.mjs", recipe)
			if string(said) != tt.said {
				t.Errorf("%s says %s, want %s", recipe, said, tt.said)
			}
			checkMails(t, s, tt.mails)
		})
	}
}

// TestRecipeForKratos evaluates the body that docs/callers.md gives Kratos, with what Kratos
// knows of a mail, and sends it.
func TestRecipeForKratos(t *testing.T) {
	t.Parallel()
	document, err := os.ReadFile("../../docs/callers.md")
	must(t, err)
	_, after, _ := strings.Cut(string(document), "```jsonnet\n")
	body, _, found := strings.Cut(after, "```")
	if !found {
		t.Fatal("docs/callers.md has no jsonnet")
	}
	const ctx = `{recipient: "kratos@example.org", template_type: "login_code_valid", template_data: {login_code: "590237"}}`
	cmd := exec.CommandContext(t.Context(), "go", "run", jsonnet, "-e", "("+body+")("+ctx+")")
	made, err := cmd.Output()
	if err != nil {
		t.Fatalf("jsonnet: %v", err)
	}
	s := start(t, spec{config: withBrand(nil)})
	if a := s.postBody(t, made); a.status != http.StatusOK {
		t.Fatalf("%s is answered %d", made, a.status)
	}
	checkMails(t, s, map[string]string{"kratos@example.org": "590237"})
}

// jsonnet is the language's own command, of the version that is tried.
const jsonnet = "github.com/google/go-jsonnet/cmd/jsonnet@v0.21.0"
