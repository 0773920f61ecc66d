//go:build e2e

package e2e_test

import (
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// wrongConfig has six things wrong with it, and secrets beside them.
const wrongConfig = `{
	"endpoint": "http://mailgun.example.com",
	"domain": "https://mg.example.com",
	"apiKey": "key-5e1f0c7a9b",
	"from": "Acorn Lane acorn@mg.example.com",
	"deliveries": {
		"SignIn": {"subject": "Come back to Acorn Lane", "html": "{{code}}", "template": "sign-in"},
		"Register": {"subject": "Come back to Acorn Lane"}
	},
	"options": {"deliverWithin": "30s"}
}`

const rightConfig = `{"domain": "mg.example.com", "apiKey": "key-5e1f0c7a9b", "from": "acorn@mg.example.com",
	"deliveries": {"Generic": {"subject": "Come back to Acorn Lane", "html": "{{code}}"}}}`

func TestStartRefused(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { taken.Close() })
	for name, test := range map[string]struct {
		config string // "" for none
		env    []string
		args   []string
		status int
		want   []string // on stderr
	}{
		"bad config": {wrongConfig, nil, nil, 1, []string{
			"/endpoint: ", "/domain: ", "/from: ", "/deliveries/SignIn: ", "/deliveries/Register: ", "/options/deliverWithin: ",
			"6 problems", "hint: ",
		}},
		"no JSON":           {`{"domain": key-5e1f0c7a9b}`, nil, nil, 1, []string{"connector.json", "hint: "}},
		"no config":         {"", nil, nil, 2, []string{"there is no config at", "hint: write a config"}},
		"no key":            {strings.Replace(rightConfig, `"key-5e1f0c7a9b"`, `""`, 1), nil, nil, 1, []string{"/apiKey: ", "MAILGUN_API_KEY"}},
		"port in use":       {rightConfig, nil, []string{"--listen", taken.Addr().String()}, 2, []string{"can't listen", "hint: choose another address"}},
		"open to all":       {rightConfig, nil, []string{"--listen", "0.0.0.0:0"}, 2, []string{"without a token", "hint: set --token-file"}},
		"open to all, IPv6": {rightConfig, nil, []string{"--listen", "[::]:0"}, 2, []string{"without a token", "hint: set --token-file"}},
		"open, any host":    {rightConfig, nil, []string{"--listen", ":0"}, 2, []string{"without a token", "hint: set --token-file"}},
		"short token":       {rightConfig, []string{"CONNECTOR_TOKEN=tiny-token"}, nil, 1, []string{"token 1 is shorter"}},
		"no token file":     {rightConfig, []string{"CONNECTOR_TOKEN_FILE=missing"}, nil, 1, []string{"reading API tokens"}},
		"unknown flag":      {rightConfig, nil, []string{"--lisen", "127.0.0.1:0"}, 2, []string{"--lisen", "hint: "}},
		"bad limit":         {rightConfig, []string{"CONNECTOR_RECIPIENT_LIMIT=ten"}, nil, 2, []string{"--recipient-limit"}},
		"bad timeout":       {rightConfig, []string{"CONNECTOR_SEND_TIMEOUT=1ms"}, nil, 2, []string{"send timeout", "hint: use --send-timeout"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if test.config != "" {
				writeFiles(t, fileTree{dir, map[string]string{"connector.json": test.config}})
			}
			p := launch(t, append([]string{"CONNECTOR_LISTEN=127.0.0.1:0"}, test.env...),
				append([]string{"serve", "--config", filepath.Join(dir, "connector.json")}, test.args...)...)
			p.keepSecret(apiKey, "acorn@", "Acorn Lane", "tiny-token")
			if got := p.wait(t, 5*time.Second); got != test.status {
				t.Errorf("exit status = %d, want %d", got, test.status)
			}
			said := strings.Join(p.stderr(), "\n")
			wantIn(t, "stderr", said, "mailgun-connector: error: ")
			for _, word := range test.want {
				wantIn(t, "stderr", said, word)
			}
			if p.stdout.Len() > 0 {
				t.Errorf("stdout = %q, want nothing", p.stdout.String())
			}
		})
	}
}
