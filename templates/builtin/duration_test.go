package builtin_test

import (
	"testing"
	"time"

	"mailgun-connector/templates/builtin"
)

func TestExpiresIn(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, c := range []struct {
		tag  string
		d    time.Duration
		want string
	}{
		{"en", 10 * time.Minute, "10 minutes"},
		{"en", 10*time.Minute - 300*time.Millisecond, "10 minutes"}, // a request took its time
		{"en", 10*time.Minute - 40*time.Second, "9 minutes"},
		{"en", time.Minute, "1 minute"},
		{"en", time.Second, "1 minute"},
		{"en", 0, ""},
		{"en", -time.Hour, ""},
		{"en", time.Hour, "1 hour"},
		{"en", 90 * time.Minute, "90 minutes"},
		{"en", 119 * time.Minute, "1 hour"},
		{"en", 2*time.Hour - time.Second, "2 hours"},
		{"en", day, "24 hours"},
		{"en", 2*day - time.Minute, "47 hours"},
		{"en", 2 * day, "2 days"},
		{"en", 8*day - time.Hour, "7 days"},
		{"de", time.Minute, "1 Minute"},
		{"de", 3 * day, "3 Tage"},
		{"tlh", 10 * time.Minute, "10 minutes"},
	} {
		if got := builtin.ExpiresIn(c.tag, c.d); got != c.want {
			t.Errorf("ExpiresIn(%q, %v) = %q, want %q", c.tag, c.d, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{"fr-CA": "fr", "pt_PT": "pt-BR", "fi": "en", "": "en"} {
		if got := builtin.Nearest(tag); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", tag, got, want)
		}
	}
}
