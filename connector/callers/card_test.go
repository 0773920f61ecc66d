package callers_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector"
	"mailgun-connector/connector/callers"
	"mailgun-connector/connector/config"
	"mailgun-connector/deliveries"
	"mailgun-connector/templates/builtin"
)

// contents returns a set with a delivery for each usage type.
func contents(t *testing.T, usageTypes ...string) *deliveries.Set {
	t.Helper()
	cfg := deliveries.Config{Deliveries: map[string]deliveries.Delivery{}, FallbackLanguage: "en"}
	for _, usageType := range usageTypes {
		cfg.Deliveries[usageType] = deliveries.Delivery{HTML: "{{code}}"}
	}
	set, err := deliveries.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// cards returns those of good settings.
func cards(
	t *testing.T, settings map[string]config.Caller, with callers.Examination,
) []connector.CallerCard {
	t.Helper()
	all, err := callers.Cards(settings, with)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The mapping says what would be sent for a type, for every way in which that is decided.
func TestCardMails(t *testing.T) {
	t.Parallel()
	branded, err := deliveries.New(deliveries.Config{Brand: &builtin.Brand{Name: "Acme"}, FallbackLanguage: "de"})
	if err != nil {
		t.Fatal(err)
	}
	usage := map[string]string{"signup": "Welcome", "new_one": "SignIn"}
	links := map[string]string{"password_changed_notification": "https://app.example.com"}
	for _, tt := range []struct {
		name    string
		kind    string
		change  func(*config.Caller)
		mails   *deliveries.Set
		of      string
		sends   connector.Sends
		sources string
	}{
		{"own", "supabase", nil, contents(t, "Generic", "SignIn"), "magiclink", connector.SendsOwn, "deliveries/SignIn"},
		{"a code has no use for Link", "supabase", nil, contents(t, "SignInLink", "Generic"), "magiclink",
			connector.SendsGeneric, "deliveries/Generic"},
		{"a link alone", "clerk", nil, contents(t, "SignInLink", "SignIn"), "magic_link_sign_in", connector.SendsOwn,
			"deliveries/SignInLink"},
		{"built in", "supabase", nil, branded, "magiclink", connector.SendsBuiltin, "builtin/SignIn/de"},
		{"built in, for a link", "kratos", nil, branded, "recovery_valid", connector.SendsBuiltin,
			"builtin/ForgotPasswordLink/de"},
		{"none", "supabase", nil, contents(t, "Other"), "magiclink", connector.SendsRefused, ""},
		{"its own before Generic's", "kratos", nil, contents(t, "Generic"), "login_code_valid", connector.SendsCaller, ""},
		{"its own, else ours", "kratos", nil, contents(t, "SignIn"), "login_code_valid", connector.SendsOwn,
			"deliveries/SignIn"},
		{"its own always", "kratos", func(c *config.Caller) { c.Content = config.CallerContent }, contents(t, "SignIn"),
			"login_code_valid", connector.SendsCaller, ""},
		{"it brings none", "supabase", func(c *config.Caller) { c.Content = config.CallerContent }, contents(t, "Generic"),
			"magiclink", connector.SendsGeneric, "deliveries/Generic"},
		{"a notice", "supabase", nil, contents(t, "PasswordChanged"), "password_changed_notification", connector.SendsOwn,
			"deliveries/PasswordChanged"},
		{"a notice is not Generic's", "supabase", nil, contents(t, "Generic"), "password_changed_notification",
			connector.SendsDropped, ""},
		{"a notice with a link", "supabase", func(c *config.Caller) { c.Links = links }, contents(t, "PasswordChangedLink"),
			"password_changed_notification", connector.SendsOwn, "deliveries/PasswordChangedLink"},
		{"Zitadel's notices have links", "zitadel", nil, contents(t, "PasswordChangedLink"), "user.human.password.changed",
			connector.SendsOwn, "deliveries/PasswordChangedLink"},
		{"mapped", "supabase", func(c *config.Caller) { c.Usage = usage }, contents(t, "Welcome"), "signup",
			connector.SendsOwn, "deliveries/Welcome"},
		{"mapped, of a later version", "supabase", func(c *config.Caller) { c.Usage = usage }, contents(t, "Generic"),
			"new_one", connector.SendsGeneric, "deliveries/Generic"},
		{"without a type", "casdoor", nil, contents(t, "Other"), "default", connector.SendsCaller, ""},
	} {
		s := settings(tt.kind)
		if tt.change != nil {
			tt.change(&s)
		}
		mails := cards(t, map[string]config.Caller{"c": s}, callers.Examination{Mails: tt.mails})[0].Mails
		i := slices.IndexFunc(mails, func(m connector.CallerMail) bool { return m.Type == tt.of })
		if i < 0 {
			t.Errorf("%s: there is no mail %s", tt.name, tt.of)
			continue
		}
		if m := mails[i]; m.Sends != tt.sends || m.Source != tt.sources {
			t.Errorf("%s: %s gets %s %s, want %s %s", tt.name, tt.of, m.Sends, m.Source, tt.sends, tt.sources)
		}
	}
}

// What the cards say of a type is what the recordings have of it.
func TestCardsFitRecordings(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"supabase", "clerk", "kratos", "zitadel", "hanko"} {
		of := map[string]config.Caller{kind: settings(kind)}
		card := cards(t, of, callers.Examination{Mails: contents(t)})[0]
		kinds := map[string]builtin.Kind{}
		for _, m := range card.Mails {
			kinds[m.Type] = m.Kind
		}
		seen := 0
		for _, c := range readRecording(t, kind).Cases {
			if c.Request == nil {
				continue
			}
			order := preview(t, kind, c)
			if order == nil {
				continue
			}
			for _, m := range order.Mails {
				got := kindOf(m)
				if want, known := kinds[m.SourceType]; known && got != "" {
					seen++
					if got != want {
						t.Errorf("%s/%s: %s is recorded as a %s, and the card has it as a %s", kind, c.Name, m.SourceType, got, want)
					}
				}
			}
		}
		if seen == 0 {
			t.Errorf("no recording of %s was compared", kind)
		}
	}
}

// preview reads a recorded call, nil for one that makes no sense.
func preview(t *testing.T, kind string, c *recordedCase) *connector.Order {
	t.Helper()
	call := &connector.Call{Header: map[string][]string{}, Body: []byte(c.Request.Body)}
	order, err := callers.Preview(kind, config.Caller{Type: kind}, call, func() time.Time { return c.Now })
	if err != nil {
		return nil
	}
	return order
}

// kindOf is what a recorded mail has, "" for a code that is in the caller's words only.
func kindOf(m connector.Ordered) builtin.Kind {
	switch {
	case m.Notice:
		return builtin.Notice
	case m.Payload["code"] != nil:
		return builtin.Code
	case m.Payload["link"] != nil:
		return builtin.Link
	}
	return ""
}

// A card holds no secret, whatever the settings.
func TestCardsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"supabase", "clerk", "kratos", "zitadel", "hanko", "casdoor"} {
		s := settings(kind)
		plain := config.Caller{Type: kind, Usage: s.Usage, Links: s.Links}
		with := callers.Examination{
			Mails: contents(t), Last: func(string, string) connector.LastCalls { return connector.LastCalls{} },
		}
		var texts [2]string
		for i, settings := range []config.Caller{s, plain} {
			text, err := json.Marshal(cards(t, map[string]config.Caller{"c": settings}, with))
			if err != nil {
				t.Fatal(err)
			}
			texts[i] = string(text)
		}
		if diff := cmp.Diff(texts[1], texts[0]); diff != "" {
			t.Errorf("%s: a card depends on secrets (-without +with):\n%s", kind, diff)
		}
	}
}

// Cards come by name, and none is missing.
func TestCardsByName(t *testing.T) {
	t.Parallel()
	all := map[string]config.Caller{"b": settings("clerk"), "a": settings("clerk"), "c": settings("hanko")}
	var names []string
	for _, card := range cards(t, all, callers.Examination{Mails: contents(t)}) {
		names = append(names, card.Name)
	}
	if want := slices.Sorted(maps.Keys(all)); !slices.Equal(names, want) {
		t.Errorf("cards of %q, want %q", names, want)
	}
}

// A caller that can't be looked at is an error, and not left out.
func TestCardOfUnknownType(t *testing.T) {
	t.Parallel()
	of := map[string]config.Caller{"a": settings("clerk"), "b": {Type: "unheard-of"}}
	if all, err := callers.Cards(of, callers.Examination{Mails: contents(t)}); err == nil || all != nil {
		t.Errorf("Cards() = %+v, %v, want an error", all, err)
	}
	if all, err := callers.Examine(of, callers.Examination{Mails: contents(t)}); err == nil || all != nil {
		t.Errorf("Examine() = %+v, %v, want an error", all, err)
	}
}
