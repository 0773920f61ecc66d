package cli_test

import (
	"bytes"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mailgun-connector/connector/cli"
	"mailgun-connector/connector/mailgun"
	"mailgun-connector/connector/sandbox"
)

// atSandbox runs a command on a config whose Mailgun is a sandbox.
func atSandbox(t *testing.T, c sandbox.Config, args ...string) (status int, stdout, stderr string, _ *sandbox.Sandbox) {
	t.Helper()
	return atSandboxWith(t, c, "", args...)
}

// atSandboxWith is atSandbox with more in the config.
func atSandboxWith(
	t *testing.T, c sandbox.Config, more string, args ...string,
) (status int, stdout, stderr string, _ *sandbox.Sandbox) {
	t.Helper()
	box := sandbox.New(c)
	server := httptest.NewServer(box)
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "connector.yaml")
	text := "endpoint: " + server.URL + "\ndomain: mg.example.com\nfrom: no-reply@mg.example.com\n" +
		"deliveries:\n  Generic: {subject: s, html: '<p>{{code}}</p>'}\n" + more
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	args = append(args, "--config", path, "--allow-endpoint-hosts", strings.TrimPrefix(server.URL, "http://"))
	status = cli.Run(t.Context(), args, cli.Process{Stdout: &out, Stderr: &errs, Getenv: func(name string) string {
		return map[string]string{"MAILGUN_API_KEY": "key-0123"}[name]
	}})
	return status, out.String(), errs.String(), box
}

func TestDoctorCommand(t *testing.T) {
	t.Parallel()
	account := sandbox.Config{APIKey: "key-0123", Domains: []string{"mg.example.com"}}
	status, stdout, stderr, box := atSandbox(t, account, "doctor")
	if status != 0 || !strings.Contains(stdout, "ok         key        The key is an account key") || stderr != "" ||
		len(box.Messages()) > 0 {
		t.Errorf("doctor = %d\n%s%s", status, stdout, stderr)
	}
	account.APIKey = "key-other"
	status, stdout, stderr, _ = atSandbox(t, account, "doctor", "--url", "https://codes.example.com")
	if status != 1 || !strings.Contains(stdout, "problem    key        Mailgun refuses the key") ||
		!strings.Contains(stderr, "error: found 1 problem") {
		t.Errorf("doctor with a wrong key = %d\n%s%s", status, stdout, stderr)
	}
	if strings.Contains(stdout+stderr, "key-0123") {
		t.Errorf("doctor tells the key:\n%s%s", stdout, stderr)
	}
	status, _, stderr, _ = atSandbox(t, account, "doctor", "--url", "codes.example.com")
	if status != 2 || !strings.Contains(stderr, "is no https address") || !strings.Contains(stderr, "hint: ") {
		t.Errorf("doctor with a bad URL = %d %s, want misuse", status, stderr)
	}
}

// Of each caller doctor says where it calls, what to paste there, and what its mails would be.
func TestDoctorTellsOfCallers(t *testing.T) {
	t.Parallel()
	account := sandbox.Config{APIKey: "key-0123", Domains: []string{"mg.example.com"}}
	for address, hook := range map[string]string{
		"":                          "/hooks/mails",
		"https://codes.example.com": "https://codes.example.com/hooks/mails",
		"https://id.example.com/codes" + mailgun.WebhookPath: "https://id.example.com/codes/hooks/mails",
		"https://id.example.com/mailgun":                     "/hooks/mails", // a proxy's own path
	} {
		status, stdout, stderr, _ := atSandboxWith(t, account,
			"callers:\n  mails:\n    type: casdoor\n    tokens: [a-token-of-a-caller-of-ours]\n"+
				"    content: own\n    usage: {welcome: Register}\n", "doctor", "--url", address)
		want := `ok         caller     mails: calls POST ` + hook + `.
                      A provider of category Email and type Custom HTTP Email: method POST, the URL, the headers ` +
			`Authorization: Bearer … and X-Usage-Type, and the content type left at the form. One provider for each purpose.
ok         caller     mails: gets Generic's mail for default (Generic), welcome (Register).
`
		if status != 0 || !strings.HasSuffix(stdout, want) || stderr != "" {
			t.Errorf("doctor --url %s = %d\n%s%s, want\n%s", address, status, stdout, stderr, want)
		}
	}
}

func TestWebhooksCommand(t *testing.T) {
	t.Parallel()
	account := sandbox.Config{APIKey: "key-0123", Domains: []string{"mg.example.com"}}
	status, stdout, stderr, box := atSandbox(t, account, "webhooks", "--url", "https://codes.example.com")
	const missing = "delivered       https://codes.example.com/webhooks/mailgun  missing; --apply registers it"
	if status != 0 || !strings.Contains(stdout, missing) || len(box.Webhooks()) > 0 {
		t.Errorf("webhooks = %d\n%s%s", status, stdout, stderr)
	}
	status, stdout, stderr, box = atSandbox(t, account, "webhooks", "--url", "https://codes.example.com", "--apply")
	if status != 0 || strings.Count(stdout, "registered\n") != 4 || len(box.Webhooks()) != 4 {
		t.Errorf("webhooks --apply = %d\n%s%s", status, stdout, stderr)
	}
	if status, _, stderr, _ = atSandbox(t, account, "webhooks"); status != 2 || !strings.Contains(stderr, "hint: ") {
		t.Errorf("webhooks without a URL = %d %s, want misuse", status, stderr)
	}
	sending := sandbox.Config{APIKey: "other", SendingKeys: []string{"key-0123"}, Domains: []string{"mg.example.com"}}
	status, _, stderr, _ = atSandbox(t, sending, "webhooks", "--url", "https://codes.example.com", "--apply")
	if status != 1 || !strings.Contains(stderr, "takes an account key") {
		t.Errorf("webhooks with a sending key = %d %s", status, stderr)
	}
}
