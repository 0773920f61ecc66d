package config_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/config"
)

func TestWithoutKey(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		name          string
		format        config.Format
		text, pointer string
		want          string
	}{
		{"a line", config.YAML, "a: 1\napiKey: key-0123  # mine\nb: 2\n", config.MainKey, "a: 1\nb: 2\n"},
		{"the last line", config.YAML, "a: 1\napiKey: 'key-0123'", config.MainKey, "a: 1\n"},
		{"a member", config.JSON, `{"a": 1, "apiKey": "key-0123"}`, config.MainKey, `{"a": 1}`},
		{"in braces", config.YAML, "{a: 1, apiKey: key-0123}\n", config.MainKey, "{a: 1, apiKey: ''}\n"},
		{"of the failover", config.YAML, "apiKey: k1\nfailover:\n  domain: x\n  apiKey: key-0123\n", config.FailoverKey, "apiKey: k1\nfailover:\n  domain: x\n"},
		{"of a failover in braces", config.YAML, "failover: {domain: x, apiKey: \"key-0123\"}\n", config.FailoverKey, "failover: {domain: x, apiKey: \"\"}\n"},
		{"all that the failover has", config.YAML, "failover:\n  apiKey: key-0123\n", config.FailoverKey, "failover:\n  apiKey: ''\n"},
		{"all that it has in JSON", config.JSON, `{"failover":{"apiKey":"key-0123"}}`, config.FailoverKey, `{"failover":{}}`},
	} {
		got, err := config.WithoutKey(document(x.text, x.format), x.pointer)
		if diff := cmp.Diff(x.want, string(got.Data)); err != nil || diff != "" {
			t.Errorf("%s: WithoutKey = %v (-want +got):\n%s", x.name, err, diff)
		}
	}
	_, err := config.WithoutKey(document("{x: &k key-0123, apiKey: *k}\n", config.YAML), config.MainKey)
	if _, ok := errors.AsType[*config.InvalidError](err); !ok {
		t.Errorf("WithoutKey of an alias = %v, want an InvalidError", err)
	}
}
