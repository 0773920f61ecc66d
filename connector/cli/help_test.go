package cli_test

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/cli"
)

var defaults = app.DefaultOptions()

// options are all options of serve: flag, environment twin, default.
var options = []struct{ flag, env, value string }{
	{"--config", "CONNECTOR_CONFIG", defaults.Config},
	{"--listen", "CONNECTOR_LISTEN", defaults.Listen},
	{"--token", "CONNECTOR_TOKEN", ""},
	{"--token-file", "CONNECTOR_TOKEN_FILE", ""},
	{"--allow-endpoint-hosts", "CONNECTOR_ALLOW_ENDPOINT_HOSTS", ""},
	{"--send-timeout", "CONNECTOR_SEND_TIMEOUT", defaults.SendTimeout.String()},
	{"--retry-max", "CONNECTOR_RETRY_MAX", strconv.Itoa(defaults.RetryMax)},
	{"--recipient-limit", "CONNECTOR_RECIPIENT_LIMIT", fmt.Sprintf("%d/", defaults.RecipientLimit.Sends)},
	{"--max-in-flight", "CONNECTOR_MAX_IN_FLIGHT", strconv.Itoa(defaults.MaxInFlight)},
	{"--shutdown-delay", "CONNECTOR_SHUTDOWN_DELAY", defaults.ShutdownDelay.String()},
	{"--database", "CONNECTOR_DATABASE_URL", ""},
	{"--retention", "CONNECTOR_RETENTION", fmt.Sprintf("%.0fh", defaults.Retention.Hours())},
	{"--console", "CONNECTOR_CONSOLE", "off"},
	{"--history", "CONNECTOR_HISTORY", ".history beside the config"},
	{"--log-level", "CONNECTOR_LOG_LEVEL", "info"},
	{"--log-format", "CONNECTOR_LOG_FORMAT", "json"},
	{"", "MAILGUN_WEBHOOK_SIGNING_KEY", ""},
	{"", "MAILGUN_WEBHOOK_SIGNING_KEY_FILE", ""},
	{"", "CONNECTOR_STORE_KEY", ""},
	{"", "CONNECTOR_STORE_KEY_FILE", ""},
	{"", "MAILGUN_API_KEY", ""},
	{"", "MAILGUN_API_KEY_FILE", ""},
}

// helpOf returns a command's help as one line, free of wrapping.
func helpOf(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if got := cli.Run(t.Context(), append(args, "--help"), cli.Process{Stdout: &out, Stderr: &errs, Getenv: os.Getenv}); got != 0 || errs.Len() > 0 {
		t.Fatalf("%q --help = %d %s, want 0", args, got, &errs)
	}
	return strings.Join(strings.Fields(out.String()), " ")
}

var (
	flagName = regexp.MustCompile(`(?:^|\s)(--[a-z-]+)[=\s]`)
	envName  = regexp.MustCompile(`\b(?:CONNECTOR|MAILGUN)_[A-Z_]+\b`)
)

func TestServeHelpIsTheTable(t *testing.T) {
	t.Parallel()
	help := helpOf(t, "serve")
	var flags, envs []string
	for _, o := range options {
		if o.flag == "" {
			continue
		}
		flags, envs = append(flags, o.flag), append(envs, o.env)
		// Each flag's words end with its environment twin.
		_, words, _ := strings.Cut(strings.Replace(help, " --console ", " --console= ", 1), " "+o.flag+"=") // a switch takes no value
		words, _, found := strings.Cut(words, "($"+o.env+")")
		if !found || strings.Contains(words, "($") {
			t.Errorf("serve --help has no %s with ($%s)", o.flag, o.env)
		}
		if o.value != "" && !strings.Contains(words, "(default: "+o.value) {
			t.Errorf("serve --help of %s = %q, want the default %s", o.flag, words, o.value)
		}
	}
	var got []string
	for _, m := range flagName.FindAllStringSubmatch(help, -1) {
		if m[1] != "--help" {
			got = append(got, m[1])
		}
	}
	if diff := cmp.Diff(sorted(flags), sorted(got)); diff != "" {
		t.Errorf("flags of serve (-SPEC +help):\n%s", diff)
	}
	if diff := cmp.Diff(sorted(envs), sorted(envName.FindAllString(help, -1))); diff != "" {
		t.Errorf("environment of serve (-SPEC +help):\n%s", diff)
	}
	if main := helpOf(t); !strings.Contains(main, "MAILGUN_API_KEY ") || !strings.Contains(main, "MAILGUN_API_KEY_FILE ") {
		t.Errorf("--help = %q, want MAILGUN_API_KEY and MAILGUN_API_KEY_FILE in it", main)
	}
}

// Whatever command takes one of the flags takes it by the same name from the
// environment.
func TestEveryCommandsHelp(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"serve", "demo", "sandbox", "init", "check", "render", "send", "doctor", "webhooks", "messages", "message", "status", "completion", "schema", "healthcheck", "version"} {
		help := helpOf(t, command)
		for _, o := range options {
			if o.flag != "" && strings.Contains(help, " "+o.flag+"=") && !strings.Contains(help, "$"+o.env+")") {
				t.Errorf("%s --help has %s without $%s", command, o.flag, o.env)
			}
		}
	}
}

// sorted returns the words in order, each once.
func sorted(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}
