package templates

import (
	_ "embed"
	"strings"
)

// StarterMail is one ready-to-edit mail: a whole HTML page that needs nothing
// from elsewhere, and the subject that belongs to it.
type StarterMail struct {
	UsageType string
	Subject   string
	HTML      string
}

// The page that all mails share, and the two things it can ask of the reader.
// Words go where a marker such as [[heading]] stands: the braces belong to the
// placeholders, which stay as they are until a mail is sent. Below its button,
// link.html shows the link as bare words: an anchor there would write the
// address a third time into the text part derived from the page.
var (
	//go:embed starter/layout.html
	starterLayout string
	//go:embed starter/code.html
	starterCode string
	//go:embed starter/link.html
	starterLink string
)

// starterWords is what one mail says. The words are in HTML, so an ampersand
// must be written as an entity.
type starterWords struct {
	usageType string
	// name is what the subject and the heading call the code. It ends in "code":
	// mail programs offer to fill in the digits that stand next to this word.
	name string
	// purpose ends the sentence "Use the code … to", which inboxes show after
	// the subject.
	purpose string
	// intro says where the code belongs.
	intro string
	// stranger is for a reader who asked for nothing.
	stranger string
}

// starterCodes has every mail with a code, in the order of Logto's usage types;
// the invitation, which has a link instead, comes after ForgotPassword.
var starterCodes = []starterWords{
	{
		usageType: "SignIn",
		name:      "sign-in code",
		purpose:   "finish signing in",
		intro:     "Enter it on the page where you are signing in.",
		stranger:  "If you did not try to sign in, you can ignore this email. Nobody gets in without the code.",
	},
	{
		usageType: "Register",
		name:      "sign-up code",
		purpose:   "create your account",
		intro:     "Enter it on the page where you are creating your account.",
		stranger:  "If you did not try to sign up, you can ignore this email. No account is created without the code.",
	},
	{
		usageType: "ForgotPassword",
		name:      "password reset code",
		purpose:   "choose a new password",
		intro:     "Enter it on the page where you asked for it, then choose a new password.",
		stranger:  "If you did not ask for a new password, you can ignore this email. Your password stays as it is.",
	},
	{
		usageType: "Generic",
		name:      "verification code",
		purpose:   "confirm that it is you",
		intro:     "Enter it on the page that asked for it.",
		stranger: "If you did not ask for a code, you can ignore this email. " +
			"Nothing can be done in your name without it.",
	},
	{
		usageType: "UserPermissionValidation",
		name:      "security code",
		purpose:   "confirm a change to your account",
		intro:     "Enter it to confirm that it is you who is changing your account.",
		stranger: "If you are not changing your account, you can ignore this email. " +
			"Nothing changes without the code, but someone else may be signed in as you, so check your account soon.",
	},
	{
		usageType: "BindNewIdentifier",
		name:      "email confirmation code",
		purpose:   "add this email address to your account",
		intro:     "Enter it on the page where you are adding this email address to your account.",
		stranger: "If you did not add this address to an account, you can ignore this email. " +
			"It is not added without the code.",
	},
	{
		usageType: "MfaVerification",
		name:      "two-step verification code",
		purpose:   "take the second step of signing in",
		intro:     "Enter it as the second step of signing in.",
		stranger: "If you are not signing in, you can ignore this email. " +
			"Nobody gets in without the code, but someone may know your password, so change it soon.",
	},
	{
		usageType: "BindMfa",
		name:      "two-step setup code",
		purpose:   "turn on two-step verification",
		intro:     "Enter it to turn on two-step verification with this email address.",
		stranger: "If you are not setting this up, you can ignore this email. " +
			"Nothing is turned on without the code, but someone else may be signed in as you, " +
			"so check your account soon.",
	},
}

// Starter returns a mail for every usage type that Logto knows, in Logto's
// order. All but the invitation use the placeholder code and no other, because
// only the code is sure to be in the payload; the invitation uses link and
// organization.name. They say that a code expires in ten minutes, as it does in
// Logto.
func Starter() []StarterMail {
	var mails []StarterMail
	for _, words := range starterCodes {
		mails = append(mails, starterCodeMail(words))
		if words.usageType == "ForgotPassword" {
			mails = append(mails, starterInvitation())
		}
	}
	return mails
}

func starterCodeMail(w starterWords) StarterMail {
	title := "Your " + w.name
	return StarterMail{
		UsageType: w.usageType,
		Subject:   "{{code}} is your " + w.name,
		HTML: starterPage(starterCode,
			"[[title]]", title,
			"[[preheader]]", "Use the code {{code}} to "+w.purpose+".",
			"[[heading]]", title,
			"[[intro]]", w.intro+" It works once and expires in ten minutes.",
			"[[secret]]", "Never share this code with anyone. No one from our team will ever ask you for it.",
			"[[stranger]]", w.stranger,
		),
	}
}

// starterInvitation does not name the inviter, whose name may be empty.
func starterInvitation() StarterMail {
	return StarterMail{
		UsageType: "OrganizationInvitation",
		Subject:   "You are invited to join {{organization.name}}",
		HTML: starterPage(starterLink,
			"[[title]]", "You are invited",
			"[[preheader]]", "Accept the invitation to become a member of {{organization.name}}.",
			"[[heading]]", "You are invited",
			"[[intro]]", "You have been invited to join {{organization.name}}. "+
				"Accept the invitation to become a member.",
			"[[button]]", "Accept invitation",
			"[[secret]]", "This link is meant for you alone, so please do not forward it.",
			"[[stranger]]", "If you did not expect an invitation, you can ignore this email. "+
				"You do not join unless you accept.",
		),
	}
}

// starterPage puts an action into the layout, then words where the markers stand.
func starterPage(action string, words ...string) string {
	page := strings.Replace(starterLayout, "[[action]]", strings.TrimSpace(action), 1)
	return strings.NewReplacer(words...).Replace(page)
}
