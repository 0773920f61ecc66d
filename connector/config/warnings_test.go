package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// warnings returns those of a config that has no problem.
func warnings(t *testing.T, text, name string) []string {
	t.Helper()
	cfg, err := parse(text, name)
	if err != nil {
		t.Fatalf("Parse(%s) = %v, want nil", text, err)
	}
	var all []string
	for _, w := range cfg.Warnings {
		all = append(all, w.String())
	}
	return all
}

// page is a config with one mail.
func page(html string) string {
	return with(delivery(object{"subject": "s", "html": html}))
}

func types(names ...string) string {
	all := object{"Generic": object{"subject": "s", "html": "{{code}} {{link}}"}}
	for _, name := range names {
		all[name] = all["Generic"]
	}
	return with(object{"deliveries": all})
}

// What works and is not meant. The warnings are all that there are, in order, and the
// beginning of each.
func TestMeaning(t *testing.T) {
	t.Parallel()
	const (
		at     = "/deliveries/Generic/html: "
		nearly = ": is not one of Logto's usage types: did you mean "
		sender = "mails are signed for mg.example.com"
	)
	templates := func(languages ...string) []any {
		var all []any
		for _, l := range languages {
			all = append(all, template(l, nil))
		}
		return all
	}
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", minimal, nil},

		{"usage types", types("signIn", "forgot_password", "SingIn", "Bind-MFA", "Generi", "REGISTER", "MfaVerificationlink"), []string{
			`/deliveries/Bind-MFA` + nearly + `"BindMfa"?`, `/deliveries/Generi` + nearly + `"Generic"?`,
			`/deliveries/MfaVerificationlink` + nearly + `"MfaVerificationLink"?`, `/deliveries/REGISTER` + nearly + `"Register"?`,
			`/deliveries/SingIn` + nearly + `"SignIn"?`, `/deliveries/forgot_password` + nearly + `"ForgotPassword"?`,
			`/deliveries/signIn` + nearly + `"SignIn"?`,
		}},
		{"other usage types", types("Invite", "SignInLink", "Sign", "SignInWithDevice", "Welcome", "GenericAlert", "x"), nil},
		{"a template's type", with(object{"templates": []any{object{
			"languageTag": "en", "templateType": "Sign_In", "details": object{"subject": "s", "content": "{{code}}"},
		}}}), []string{`/templates/0/templateType` + nearly + `"SignIn"?`}},

		{"no template in the default fallback", with(object{"templates": templates("de", "fr")}),
			[]string{`/templates: no template is in the fallback language "en", only in de, fr`}},
		{"nor in the one set", with(object{"fallbackLanguage": "ja", "templates": templates("de")}),
			[]string{`/fallbackLanguage: no template is in the fallback language "ja", only in de`}},
		{"one in another case", with(object{"fallbackLanguage": "PT-br", "templates": templates("de", "pt-BR")}), nil},
		{"deliveries instead", with(object{"templates": templates("de"), "deliveries": object{
			"Generic": object{"subject": "s", "html": "{{code}}"}, "SignIn": object{"subject": "s", "html": "{{code}}"},
		}}), nil},

		{"the sender's domain", with(object{"from": "Acme <a@acme.example>"}), []string{"/from: is of acme.example, and " + sender}},
		{"one that ends alike", with(object{"from": "a@notmg.example.com"}), []string{"/from: is of notmg.example.com, and " + sender}},
		{"one below", with(object{"from": "a@x.mg.example.com"}), []string{"/from: is of x.mg.example.com, and " + sender}},
		{"the same, and one above", with(object{"from": "a@Example.COM", "templates": []any{
			template("en", object{"sendFrom": "A <a@MG.example.com>"}), template("fr", object{"sendFrom": "{{a}} <{{b}}>"}),
		}}), nil},
		{"a template's sender", with(object{"templates": []any{template("en", object{"sendFrom": "a@acme.example"})}}),
			[]string{"/templates/0/details/sendFrom: is of acme.example"}},
		{"a placeholder in from", with(object{"from": "{{name}} <a@mg.example.com>"}), []string{"/from: has a placeholder"}},

		{"a page without flaws", page(`<!doctype html><html lang="en"><head><title>x</title></head><body>
<img src="https://x.example/l.png" alt=""><a href="https://x.example/">x</a><a href="{{link}}">y</a>{{code}}</body></html>`), nil},
		{"flaws, each once, with its line", page("<html>\n{{code}}<img src='http://x.example/1.png'>\n<IMG src='x'>\n" +
			"<script>a</script><form action='https://x.example/'></form>\n<a href=' HTTP://x.example/'>x</a></html>"), []string{
			at + `line 1 has an <html> without "lang"`, at + `line 2 has a picture without "alt"`, at + "line 2 has a link to http://",
			at + "line 4 has a <script>", at + "line 4 has a <form>",
		}},
		{"MJML", page("<mjml><mj-body>{{code}}</mj-body></mjml>"), []string{at + "line 1 has MJML"}},
		{"what only looks like a flaw", page(`<!-- <script> <img> --><p xmlns="http://www.w3.org/1999/xhtml">http://x.example/ &lt;form> {{code}}</p>`), nil},
		{"links to this machine", page(`<a href="http://localhost:8080/x">x</a><img src="http://127.0.0.1/x" alt="x">{{code}}`), nil},
		{"size", page("{{code}}" + strings.Repeat(" ", 103<<10)), []string{at + "has 103 KB"}},

		{"no code", page("<p>Hello</p>"), []string{at + "has no {{code}}: nobody could sign in"}},
		{"a code that the derived text does not show", page(`<p>Hello</p><p style="display:none">{{code}}</p>`),
			[]string{at + "has a text part without {{code}}"}},
		{"a code in a picture's address only", page(`<p>Hello</p><img alt="" src="https://x.example/{{code}}.png">`),
			[]string{at + "has a text part without {{code}}"}},
		{"a text without the code", with(delivery(object{"subject": "s", "html": "{{code}}", "text": "Hello"})),
			[]string{at + "has a text part without {{code}}"}},
		{"no text part", with(object{
			"deliveries": object{"Generic": object{"subject": "s", "html": `<p style="display:none">{{code}}</p>`}},
			"options":    object{"autoText": false},
		}), nil},
		{"an invitation without its link", with(object{"deliveries": object{
			"Generic":                object{"subject": "s", "html": "{{code}}"},
			"OrganizationInvitation": object{"subject": "s", "html": "Join"},
			"SignInLink":             object{"subject": "s", "html": "<a href='{{link}}'>Sign in</a>"},
		}}), []string{"/deliveries/OrganizationInvitation/html: has no {{link}}: nobody could follow its link"}},

		{"plain text that is HTML", with(object{"templates": []any{template("en", object{"contentType": "text/plain", "content": "<p>{{code}}</p>"})}}),
			[]string{`/templates/0/details/content: looks like HTML and is declared as "text/plain"`}},
		{"plain text in angle brackets", with(object{"templates": []any{template("en", object{"contentType": "text/plain", "content": "<Acme: {{code}}>\n<end>"})}}), nil},

		{"what nobody sees in headers", with(object{
			"from": "Ac\u202eme <a@mg.example.com>", "options": object{"headers": object{"X-A": "a\u200bb"}},
			"deliveries": object{"Generic": object{"subject": "a\u2028b", "html": "\ufeff{{code}}", "replyTo": "\ufeffx@example.org"}},
			"templates":  []any{template("en", object{"subject": "a\u2066b", "replyTo": "می\u200cخواهم <a@example.org>"})},
		}), []string{
			"/deliveries/Generic/replyTo: holds the character U+FEFF",
			"/deliveries/Generic/subject: holds the character U+2028", "/from: holds the character U+202E",
			"/options/headers/X-A: holds the character U+200B", "/templates/0/details/subject: holds the character U+2066",
		}},

		{"variables near the limit", with(delivery(object{"template": "t", "variables": object{"css": strings.Repeat("x", 13_000)}})),
			[]string{"/deliveries/Generic/variables: takes 12 KB"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := warnings(t, tt.text, "c.json")
			for i := range min(len(got), len(tt.want)) {
				if strings.Contains(got[i], tt.want[i]) {
					got[i] = tt.want[i]
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("warnings of %s (-want +got):\n%s", tt.name, diff)
			}
		})
	}
}

func TestWarningsAreInOrderAndBounded(t *testing.T) {
	t.Parallel()
	text := yamlHead + `deliveries:
  signIn: {subject: s, html: "<img>{{code}}"}
  Register:
    subject: Code #{{code}}
    html: "{{code}}"
from_: x
`
	text = strings.Replace(text, "from_: x\n", "", 1)
	var got []string
	for _, w := range warnings(t, text, "c.yaml") {
		line, _, _ := strings.Cut(w, ": ")
		got = append(got, line)
	}
	if diff := cmp.Diff([]string{"line 4", "line 5", "line 5", "line 7"}, got); diff != "" {
		t.Errorf("lines of the warnings (-want +got):\n%s", diff)
	}
	var many []any
	for i := range 150 {
		many = append(many, template(fmt.Sprintf("en-x-a%d", i), object{"content": "<img>{{code}}"}))
	}
	all := warnings(t, with(object{"templates": append(many, template("en", nil))}), "c.json")
	if len(all) != 101 || all[100] != "further warnings are not listed" {
		t.Errorf("warnings of 150 templates = %d, the last %q, want 100 and that there are more", len(all), all[len(all)-1])
	}
}
