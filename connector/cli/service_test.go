package cli_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app"
	"mailgun-connector/connector/app/apptest"
	"mailgun-connector/connector/cli"
	"mailgun-connector/connector/config"
	"mailgun-connector/connector/sandbox"
)

// asked runs a command with the environment of a container that runs the service.
func asked(t *testing.T, s *apptest.Service, args ...string) (status int, out, errs string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = cli.Run(t.Context(), args, cli.Process{Stdout: &stdout, Stderr: &stderr, Getenv: func(name string) string {
		return map[string]string{
			"CONNECTOR_LISTEN": s.App.Addr(), "CONNECTOR_TOKEN": "only-sends-0123456789 send, " + apptest.Token + " read,edit,send",
		}[name]
	}})
	return status, stdout.String(), stderr.String()
}

func supported(t *testing.T) *apptest.Service {
	t.Helper()
	return apptest.Start(t, apptest.Config{Options: func(o *app.Options) {
		o.Database, o.Retention = config.Secret("sqlite:"+filepath.Join(t.TempDir(), "outbox.db")), 24*time.Hour
		o.RetryMax = 0
	}})
}

func TestMessagesCommands(t *testing.T) {
	t.Parallel()
	s := supported(t)
	s.Sandbox.SetFaults(sandbox.Fault{Status: 404})
	s.Post(t, "/send-code", `{"to":"ada@example.org","type":"SignIn","payload":{"code":"481629"}}`)
	words := connector.ReasonDomainNotFound.Words()
	status, out, errs := asked(t, s, "messages", "Ada+x@example.org")
	if status != 0 || errs != "" || strings.Count(out, "\n") != 2 || !strings.Contains(out, "failed") || !strings.Contains(out, words.What) {
		t.Fatalf("messages = %d %s %s, want a head and the failed one", status, out, errs)
	}
	id := regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`).FindString(out)
	status, out, _ = asked(t, s, "message", id)
	if status != 0 || strings.Count(out, words.Hint) != 2 || !strings.Contains(out, `attempt 1: Mailgun answered 404 "Domain not found`) {
		t.Errorf("message = %d %s, want the attempt and what to do", status, out)
	}
	if status, out, _ = asked(t, s, "messages", "--state", "failed", "--json"); status != 0 || !strings.HasPrefix(out, `{"messages":[{"id":"`+id) {
		t.Errorf("messages --json = %d %s, want the service's answer", status, out)
	}
	s.Sandbox.SetFaults()
	if a := s.Post(t, "/test", `{"email":"dan@example.org","type":"SignIn","payload":{"code":"481629"}}`); a.Status != http.StatusNoContent {
		t.Fatalf("POST /test = %d %s", a.Status, a.Body)
	}
	for range 3 {
		s.Post(t, "/send-code", `{"to":"dan@example.org","type":"SignIn","payload":{}}`)
	}
	apptest.Within(t, "a test and refusals alike are told as such", func() bool { // the latter are written once a second
		_, out, _ := asked(t, s, "messages", "dan@example.org")
		return strings.Contains(out, "SignIn, a test") && strings.Contains(out, " (3 requests alike)\n")
	})
	if status, out, errs = asked(t, s, "messages", "bob@example.org"); status != 0 || out != "" || !strings.Contains(errs, "no messages") {
		t.Errorf("messages of nobody = %d %q %q, want none", status, out, errs)
	}
	for _, x := range []struct {
		status int
		want   string
		args   []string
	}{
		{2, "whole address", []string{"messages", "ada"}},
		{2, "must be a time", []string{"messages", "--since", "yesterday"}},
		{2, "must be a state", []string{"messages", "--state", "lost"}},
		{2, "not the address of a service", []string{"messages", "--url", "localhost"}},
		{2, "is not an address", []string{"status", "--listen", "x"}},
		{2, "none of the tokens", []string{"messages", "--token", "only-sends-0123456789 send"}},
		{1, "no message with this id", []string{"message", "1"}},
		{1, "no valid API token", []string{"status", "--token", "wrong-0123456789ab"}},
		{1, "does not answer", []string{"status", "--url", "http://127.0.0.1:1"}},
		{1, "hint: is it a mailgun-connector", []string{"status", "--url", s.SandboxURL + "/x"}},
	} {
		status, out, errs := asked(t, s, x.args...)
		if status != x.status || out != "" || !strings.Contains(errs, x.want) || !strings.Contains(errs, "error: ") || status == 2 && !strings.Contains(errs, "hint: ") {
			t.Errorf("%q = %d %s %s, want %d with %q", x.args, status, out, errs, x.status, x.want)
		}
	}
}

// A service of an earlier version has no POST /callers; what it tells is shown all the same.
func TestStatusOfAnEarlierVersion(t *testing.T) {
	t.Parallel()
	s := supported(t)
	answer := s.Get(t, "/status").Body
	old := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/status" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(answer)
	}))
	t.Cleanup(old.Close)
	status, out, errs := asked(t, s, "status", "--url", old.URL)
	const warning = "warning: the last calls of callers are not known"
	if status != 0 || !strings.Contains(out, "last hour") || !strings.Contains(errs, warning) {
		t.Errorf("status = %d %s %s, want all but the calls, and that these are not known", status, out, errs)
	}
}

func TestStatusCommand(t *testing.T) {
	t.Parallel()
	s := supported(t)
	s.Post(t, "/send-code", `{"to":"ada@example.org","type":"SignIn","payload":{"code":"481629"}}`)
	s.Sandbox.SetFaults(sandbox.Fault{Status: 401})
	s.Post(t, "/send-code", `{"to":"ada@example.org","type":"SignIn","payload":{"code":"481629"}}`)
	status, out, errs := asked(t, s, "status")
	for _, want := range []string{"1 refused, 1 sent; accepted in", "breaker closed", "not taken", "last error at", connector.ReasonCredentials.Words().Hint} {
		if status != 0 || errs != "" || !strings.Contains(out, want) {
			t.Errorf("status = %d %s %s, want %q", status, out, errs, want)
		}
	}
	if status, out, _ = asked(t, s, "status", "--json"); status != 0 || !strings.HasPrefix(out, `{"version":"test"`) {
		t.Errorf("status --json = %d %s, want the service's answer", status, out)
	}
}

// status says what is wrong with a file that is not what runs.
func TestStatusTellsOfABadFile(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	s.WriteConfig(t, `{"domain":"mg.example.com","from":"no-reply@mg.example.com","deliveries":{"SignIn":{}}}`)
	if err := s.App.Reload(); err == nil {
		t.Fatal("Reload of a bad config = nil, want an error")
	}
	status, out, errs := asked(t, s, "status")
	if status != 0 || errs != "" || !strings.Contains(out, "OLDER than the file on disk") || !strings.Contains(out, `/deliveries/SignIn: needs "html" or "template"`) {
		t.Errorf("status = %d %s %s, want what is wrong with the file", status, out, errs)
	}
}

// status has the last call of each caller, and a stranger's after it.
func TestStatusTellsOfCalls(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{Connector: `{"domain":"mg.example.com","from":"no-reply@mg.example.com",
		"deliveries":{"Generic":{"subject":"s","html":"<p>{{code}}</p>"}},
		"callers":{"quiet":{"type":"kratos","tokens":["a-token-of-a-caller-of-ours"]},
			"auth":{"type":"kratos","content":"own","tokens":["a-token-of-a-caller-of-ours"]}}}`})
	for _, token := range []string{"a-token-of-a-caller-of-ours", "a-token-of-somebody-else"} {
		s.Do(t, "POST", "/hooks/auth", `{"to":"ada@example.org","template_type":"login_code_valid","login_code":"739164"}`,
			map[string]string{"Authorization": "Bearer " + token})
	}
	status, out, errs := asked(t, s, "status")
	for _, want := range []string{
		"caller auth: its last call for login_code_valid, at ", " UTC: sent.\n", " did not prove to be its own. Its token is another one.\n  If it was",
		"caller quiet: has not called since the service started.\n",
	} {
		if status != 0 || errs != "" || !strings.Contains(out, want) {
			t.Errorf("status = %d %s %s, want %q", status, out, errs, want)
		}
	}
	if strings.Contains(out, "739164") || strings.Contains(out, "ada@") {
		t.Errorf("status tells what a call said: %s", out)
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	run := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		status := cli.Run(t.Context(), args, cli.Process{Stdout: &out, Stderr: &errs, Getenv: os.Getenv})
		return status, out.String(), errs.String()
	}
	for _, pair := range [][2][]string{
		{{"help"}, {"--help"}}, {{"help", "serve"}, {"serve", "--help"}}, {{"--version"}, {"version"}}, {{}, {"--help"}},
	} {
		status, got, errs := run(pair[0]...)
		_, want, _ := run(pair[1]...)
		if status != 0 || got != want || got == "" || errs != "" {
			t.Errorf("%q = %d %s %s, want what %q prints", pair[0], status, got, errs, pair[1])
		}
	}
	for _, args := range [][]string{{"help", "nonsense"}, {"nonsense"}, {"completion", "tcsh"}, {"completion"}, {"message"}} {
		if status, _, errs := run(args...); status != 2 || !strings.Contains(errs, "hint: ") {
			t.Errorf("%q = %d %s, want 2 with a hint", args, status, errs)
		}
	}
}

// The scripts name every command and option, and the shells that are here can read them.
func TestCompletion(t *testing.T) {
	t.Parallel()
	for shell, check := range map[string][]string{"bash": {"-n"}, "zsh": {"-n"}, "fish": {"--no-execute"}} {
		var out bytes.Buffer
		if got := cli.Run(t.Context(), []string{"completion", shell}, cli.Process{Stdout: &out, Stderr: &out, Getenv: os.Getenv}); got != 0 {
			t.Fatalf("completion %s = %d %s, want 0", shell, got, &out)
		}
		for _, word := range []string{"serve", "messages", "completion", "help", "recipient-limit", "token-file"} {
			if !strings.Contains(out.String(), word) {
				t.Errorf("completion %s lacks %s", shell, word)
			}
		}
		path := filepath.Join(t.TempDir(), "script")
		if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		program, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("%s is not here to read its script", shell)
			continue
		}
		if said, err := exec.CommandContext(t.Context(), program, append(check, path)...).CombinedOutput(); err != nil {
			t.Errorf("%s can't read its script: %v\n%s", shell, err, said)
		}
		if shell != "bash" {
			continue
		}
		line := "source " + path + "; COMP_WORDS=(mailgun-connector serve --recip); COMP_CWORD=2; _mailgun_connector; echo ${COMPREPLY[@]}; " +
			"COMP_WORDS=(mailgun-connector mess); COMP_CWORD=1; _mailgun_connector; echo ${COMPREPLY[@]}"
		said, err := exec.CommandContext(t.Context(), program, "-c", line).CombinedOutput()
		if want := "--recipient-limit\nmessages message\n"; err != nil || string(said) != want && string(said) != "--recipient-limit\nmessage messages\n" {
			t.Errorf("completed = %q, %v, want %q", said, err, want)
		}
	}
}
