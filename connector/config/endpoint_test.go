package config_test

import (
	"strings"
	"testing"

	"mailgun-connector/connector/config"
)

// TestEndpoint is about who gets the API key: only the host decides, and only a
// host of Mailgun's, or one that the process allows to the letter.
func TestEndpoint(t *testing.T) {
	t.Parallel()
	tests := []struct{ endpoint, want string }{ // "" for refused
		{"https://api.mailgun.net", "https://api.mailgun.net"},
		{"https://api.eu.mailgun.net", "https://api.eu.mailgun.net"},
		{"https://mailgun.net", "https://mailgun.net"},
		{"https://api.mailgun.net/", "https://api.mailgun.net"},
		{"https://api.mailgun.net/v3", "https://api.mailgun.net"},
		{"https://api.mailgun.net/v3/", "https://api.mailgun.net"},
		{"HTTPS://API.Mailgun.NET", "https://API.Mailgun.NET"},
		{"https://api.mailgun.net:443", "https://api.mailgun.net:443"},

		{"http://api.mailgun.net", ""},
		{"api.mailgun.net", ""},
		{"//api.mailgun.net", ""},
		{"https:api.mailgun.net", ""},
		{"https://", ""},
		{"ftp://api.mailgun.net", ""},
		{"https://evil.example/x.mailgun.net", ""},
		{"https://evil.example/.mailgun.net", ""},
		{"https://evil.example?.mailgun.net", ""},
		{"https://evil.example#.mailgun.net", ""},
		{"https://evil.example\\.mailgun.net", ""},
		{"https://evil.example%2f.mailgun.net", ""},
		{"https://evil.example%00.mailgun.net", ""},
		{"https://evil.example:443/.mailgun.net", ""},
		{"https://mailgun.net.evil.example", ""},
		{"https://mailgun.net.", ""},
		{"https://evilmailgun.net", ""},
		{"https://evil-mailgun.net", ""},
		{"https://mailgun.network", ""},
		{"https://mailgun.net@evil.example", ""},
		{"https://evil.example@api.mailgun.net", ""},
		{"https://user:password@api.mailgun.net", ""},
		{"https://@api.mailgun.net", ""},
		{"https://api.mailgun.net?x=y", ""},
		{"https://api.mailgun.net?", ""},
		{"https://api.mailgun.net#x", ""},
		{"https://api.mailgun.net/v4", ""},
		{"https://api.mailgun.net/v3/mg.example.com", ""},
		{"https://api.mailgun.net/v3//", ""},
		{"https://api.mailgun.net//evil.example", ""},
		{"https://api.mailgun.net/../v3", ""},
		{" https://api.mailgun.net", ""},
		{"https://api.mailgun.net ", ""},
		{"https://api.mailgun.net\n", ""},
		{"https://api.mail\u200bgun.net", ""},
		{"https://api.mailgun。net", ""},
		{"https://127.0.0.1", ""},
		{"https://[::1]", ""},

		{"http://127.0.0.1:8025", "http://127.0.0.1:8025"},
		{"http://127.0.0.1:8025/v3/", "http://127.0.0.1:8025"},
		{"https://127.0.0.1:8025", "https://127.0.0.1:8025"},
		{"http://127.0.0.1:8026", ""},
		{"http://127.0.0.1", ""},
		{"http://127.0.0.1:8025@evil.example", ""},
		{"http://user@127.0.0.1:8025", ""},
		{"http://localhost:8025", ""}, // the same machine, but not the same words
		{"https://proxy.internal", "https://proxy.internal"},
		{"https://PROXY.internal", "https://PROXY.internal"},
		{"http://proxy.internal", ""}, // that is port 80
		{"http://[::1]:8025", "http://[::1]:8025"},
	}
	allowed := []string{"127.0.0.1:8025", "proxy.internal:443", "[::1]:8025"}
	for _, tt := range tests {
		cfg, err := config.Parse([]byte(with(object{"endpoint": tt.endpoint})), config.ParseOptions{AllowHosts: allowed})
		switch {
		case err != nil && tt.want != "":
			t.Errorf("Parse(endpoint %q) = %v, want %q", tt.endpoint, err, tt.want)
		case err != nil:
			if got := problems(t, err); len(got) != 1 || !strings.HasPrefix(got[0], "/endpoint: ") {
				t.Errorf("Parse(endpoint %q) = %q, want one problem at /endpoint", tt.endpoint, got)
			}
		case cfg.Endpoint != tt.want:
			t.Errorf("Parse(endpoint %q) = %q, want %q", tt.endpoint, cfg.Endpoint, tt.want)
		}
	}
}
