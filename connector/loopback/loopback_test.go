package loopback_test

import (
	"testing"

	"mailgun-connector/connector/loopback"
)

func TestIs(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "LocalHost:80": true, "127.0.0.1": true, "127.9.8.7:1": true, "[::1]:8080": true, "::1": true,
		"[::1]": true, "[::ffff:127.0.0.1]:1": true,
		"": false, ":8080": false, "0.0.0.0:1": false, "[::]:1": false, "10.0.0.1": false, "localhost.example.com": false,
		"127.0.0.1.example.com": false, "evil.example:80": false, "2130706433": false,
	} {
		if got := loopback.Is(host); got != want {
			t.Errorf("Is(%q) = %v, want %v", host, got, want)
		}
	}
}
