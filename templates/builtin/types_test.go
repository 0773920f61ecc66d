package builtin_test

import (
	"slices"
	"testing"

	"mailgun-connector/templates/builtin"
)

func TestTypes(t *testing.T) {
	t.Parallel()
	kinds := map[string]builtin.Kind{}
	for _, usageType := range builtin.Types() {
		if _, ok := kinds[usageType.Name]; ok {
			t.Errorf("%s is there twice", usageType.Name)
		}
		kinds[usageType.Name] = usageType.Kind
		if kind, ok := builtin.KindOf(usageType.Name); !ok || kind != usageType.Kind {
			t.Errorf("KindOf(%q) = %q, %v, want %q", usageType.Name, kind, ok, usageType.Kind)
		}
	}
	for name, want := range map[string]builtin.Kind{
		"SignIn": builtin.Code, "SignInLink": builtin.Link, "BindMfaLink": builtin.Link, "InvitationLink": builtin.Link,
		"OrganizationInvitation": builtin.Link, "PasswordChanged": builtin.Notice,
	} {
		if got := kinds[name]; got != want {
			t.Errorf("kind of %s = %q, want %q", name, got, want)
		}
	}
	for _, name := range []string{
		"", "Link", "signin", "SignInLinkLink", "PasswordChangedLink", "OrganizationInvitationLink",
	} {
		if _, ok := builtin.KindOf(name); ok || slices.Contains(builtin.Types(), builtin.Type{Name: name, Kind: kinds[name]}) {
			t.Errorf("%q has a mail", name)
		}
	}
}
