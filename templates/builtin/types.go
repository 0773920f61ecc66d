package builtin

import "strings"

// Kind says what a mail brings to its reader.
type Kind string

const (
	// Code is a mail with a code; a link, where the payload has one, stands below it.
	Code Kind = "code"
	// Link is a mail with a link; a code, where the payload has one, stands below it.
	Link Kind = "link"
	// Notice tells of something that has happened; a link, where the payload has one,
	// leads to the account.
	Notice Kind = "notice"
)

// Type is a usage type that has a built-in mail.
type Type struct {
	Name string
	Kind Kind
}

// linkSuffix ends the name of the mail that a type with a code has for a request
// with a link and no code.
const linkSuffix = "Link"

// types has every type but those of linkSuffix: what Logto sends, in the order of its
// console, then what other identity servers send beyond it.
var types = []Type{
	{"SignIn", Code},
	{"Register", Code},
	{"ForgotPassword", Code},
	{"OrganizationInvitation", Link},
	{"Generic", Code},
	{"UserPermissionValidation", Code},
	{"BindNewIdentifier", Code},
	{"MfaVerification", Code},
	{"BindMfa", Code},
	{"Invitation", Code},
	{"EmailVerification", Code},
	{"EmailChangeApproval", Code},
	{"PasskeyRegistration", Code},
	{"PasswordChanged", Notice},
	{"PasswordRemoved", Notice},
	{"EmailChanged", Notice},
	{"EmailAdded", Notice},
	{"EmailRemoved", Notice},
	{"PhoneChanged", Notice},
	{"IdentityLinked", Notice},
	{"IdentityUnlinked", Notice},
	{"MfaEnrolled", Notice},
	{"MfaUnenrolled", Notice},
	{"PasskeyAdded", Notice},
	{"PasskeyRemoved", Notice},
	{"AuthenticatorAdded", Notice},
	{"NewDevice", Notice},
	{"AccountLocked", Notice},
	{"DomainClaimed", Notice},
	{"UnknownRecipient", Notice},
	{"AccountExists", Notice},
}

// Types returns every usage type that has a built-in mail. A type of kind [Code] is
// followed by the one for its mail without a code, as SignIn is by SignInLink.
func Types() []Type {
	all := make([]Type, 0, 2*len(types))
	for _, t := range types {
		all = append(all, t)
		if t.Kind == Code {
			all = append(all, Type{t.Name + linkSuffix, Link})
		}
	}
	return all
}

// KindOf returns the kind of a usage type. ok is false if it has no built-in mail.
func KindOf(name string) (kind Kind, ok bool) {
	_, kind, ok = findType(name)
	return kind, ok
}

// findType returns the name under which the texts of a usage type stand, and its kind.
func findType(name string) (texts string, kind Kind, ok bool) {
	base, isLink := strings.CutSuffix(name, linkSuffix)
	for _, t := range types {
		switch {
		case t.Name == name:
			return name, t.Kind, true
		case isLink && t.Name == base && t.Kind == Code:
			return base, Link, true
		}
	}
	return "", "", false
}
