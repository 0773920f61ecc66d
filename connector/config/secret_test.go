package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"mailgun-connector/connector/config"
)

// holder has a secret in every place where one may stand.
type holder struct {
	Key  config.Secret
	Ptr  *config.Secret
	List []config.Secret
	Map  map[config.Secret]config.Secret
	Any  any
}

func holding(s config.Secret) holder {
	return holder{s, &s, []config.Secret{s}, map[config.Secret]config.Secret{s: s}, s}
}

func TestSecretDoesNotPrint(t *testing.T) {
	t.Parallel()
	const raw = "key-7f3a9c"
	s := config.Secret(raw)
	hidden := []string{raw, fmt.Sprintf("%x", raw), fmt.Sprintf("%X", raw), strings.Trim(fmt.Sprint(string([]byte(raw))), "[]") /* as %d would print bytes */}
	// All but %p, which fmt handles before it asks any type.
	for verb := range strings.SplitSeq("v +v #v s q #q x X d b o c U t e f g T", " ") {
		for _, v := range []any{s, &s, []config.Secret{s}, holding(s), map[string]config.Secret{"k": s}, struct{ A any }{s}, fmt.Errorf("x %w", fmt.Errorf("%v", s))} {
			got := fmt.Sprintf("%"+verb, v)
			for _, h := range hidden {
				if strings.Contains(got, h) {
					t.Errorf("Sprintf(%%%s, %T) = %q, which shows the secret", verb, v, got)
				}
			}
		}
	}
}

func TestSecretDoesNotEncode(t *testing.T) {
	t.Parallel()
	const raw = "key-7f3a9c"
	h := holding(config.Secret(raw))
	h.Map = map[config.Secret]config.Secret{"k": raw} // encoding/json asks no key of a string kind how it wants to be written
	text, err := json.Marshal(h)
	if err != nil || strings.Contains(string(text), raw) || !strings.Contains(string(text), "secret") {
		t.Errorf("Marshal() = %s, %v, want it masked", text, err)
	}
	var b bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewJSONHandler(&b, nil), slog.NewTextHandler(&b, nil)} {
		log := slog.New(handler)
		log.With("key", h.Key).WithGroup("g").Info("m", "key", h.Key, "ptr", h.Ptr, "all", h, "list", h.List, slog.Group("in", "key", h.Key))
	}
	if strings.Contains(b.String(), raw) {
		t.Errorf("slog wrote %s, which shows the secret", b.String())
	}
}

func TestSecretItself(t *testing.T) {
	t.Parallel()
	var in struct{ Key config.Secret }
	if err := json.Unmarshal([]byte(`{"Key":"abc"}`), &in); err != nil || in.Key.Reveal() != "abc" {
		t.Errorf("Unmarshal() = %q, %v, want abc", in.Key.Reveal(), err)
	}
	if got := config.Secret("").String(); got != "" {
		t.Errorf("String() of none = %q, want nothing, so that it is seen to be missing", got)
	}
	if got := in.Key.String(); got != config.Masked {
		t.Errorf("String() = %q, want %q", got, config.Masked)
	}
}
