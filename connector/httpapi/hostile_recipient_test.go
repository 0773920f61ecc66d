package httpapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"mailgun-connector/connector"
	"mailgun-connector/connector/app/apptest"
)

var (
	longLocal = strings.Repeat("l", 64)
	longest   = longLocal + "@" + strings.Repeat("d23456789.", 17) + "xxxxxxx.example.org" // 254 bytes
)

// badRecipients are what a code must not be sent to.
var badRecipients = []string{
	"victim",
	"@example.org",
	"victim@",
	"victim@@example.org",
	"victim@example.org@example.net",
	"victim..x@example.org",
	".victim@example.org",
	"victim@example..org",

	// More than one, in every spelling that some reader takes for a list.
	"victim@example.org,second@example.net",
	"victim@example.org, second@example.net",
	",victim@example.org",
	"victim@example.org,",
	"victim@example.org;second@example.net",
	"victim@example.org second@example.net",
	"victim@example.org\tsecond@example.net",
	"group: victim@example.org, second@example.net;",
	"group:victim@example.org;",
	"undisclosed-recipients:;",
	`["victim@example.org","second@example.net"]`,
	"=?utf-8?q?victim=40example.org=2C?=second@example.net",
	"=?utf-8?b?dmljdGltQGV4YW1wbGUub3Jn?=@example.net",

	// Names, quotes, comments, routes.
	"Victim <victim@example.org>",
	"<victim@example.org>",
	`"victim" <victim@example.org>`,
	`"victim"@example.org`,
	`"victim@example.org,second"@example.net`,
	"victim(comment)@example.org",
	"victim@example.org (Victim)",
	"<@relay.example.net:victim@example.org>",
	`victim\@example.org`,
	"victim@[192.0.2.7]",
	"mailto:victim@example.org",

	// What starts a header, ends a string, or can't be seen.
	"victim@example.org\r\nBcc: second@example.net",
	"victim@example.org\nBcc: second@example.net",
	"victim@example.org\rBcc: second@example.net",
	"victim@example.org\r\n",
	"\nvictim@example.org",
	" victim@example.org",
	"victim@example.org ",
	"victim\x00@example.org",
	"victim@example.org\x00",
	"vic\x07tim@example.org",
	"vic\x1btim@example.org",
	"victim\x7f@example.org",
	"victim\u0085@example.org",
	"victim\u00a0@example.org",
	"victim\u2028second@example.org",
	"victim\u2029second@example.org",
	"victim@exam\u2028ple.org",
	"victim\u3000@example.org",
	"victim\u200b@example.org",
	"\ufeffvictim@example.org",
	"vic\u202etim@example.org",
	"vic\ufffdtim@example.org",

	"x" + longest,
	longest + "x",
	longLocal + "@" + strings.Repeat("x", 100_000) + ".example.org",
	strings.Repeat("victim@example.org,", 1000),
	strings.Repeat("é", 120) + "@example.example.org", // 140 letters, 260 bytes
}

func TestHostileRecipients(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	for _, to := range badRecipients {
		t.Run(strings.ToValidUTF8(to[:min(len(to), 60)], ""), func(t *testing.T) {
			t.Parallel()
			quoted, err := json.Marshal(to)
			if err != nil {
				t.Fatal(err)
			}
			what := "Post(to " + string(quoted) + ")"
			a := s.Post(t, "/send-code", `{"to":`+string(quoted)+`,"type":"SignIn","payload":{"code":"739164"}}`)
			checkRefusal(t, what, a, refusal{http.StatusBadRequest, connector.InvalidRequest}, "victim@", "@example.net", "second@")
			a = s.Post(t, "/test", `{"type":"SignIn","email":`+string(quoted)+`}`)
			checkRefusal(t, what, a, refusal{http.StatusBadRequest, connector.InvalidRequest}, "victim@", "@example.net", "second@")
			checkAlive(t, s)
		})
	}
}

// What is only broken on the wire: JSON's escapes for half a character, and bytes
// that are no UTF-8. Both become U+FFFD, which is nobody's address.
func TestHostileEncodings(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	for _, to := range []string{`victim\ud800@example.org`, "victim\xff@example.org", "victim\xc0\x80@example.org", "victim@example.org\xed\xa0\x80"} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			a := s.Post(t, "/send-code", `{"to":"`+to+`","type":"SignIn","payload":{"code":"739164"}}`)
			checkRefusal(t, "Post(to "+to+")", a, refusal{http.StatusBadRequest, connector.InvalidRequest}, "victim")
			checkAlive(t, s)
		})
	}
}

// Strictness must not cost anybody an address that works.
func TestUnusualRecipientsArePassedOn(t *testing.T) {
	t.Parallel()
	s := apptest.Start(t, apptest.Config{})
	for _, to := range []string{
		"user+tag@example.org",
		"o'brien@example.org",
		"user%relay@example.org",
		"a@example.org",
		"用户@example.org",
		"user@例え.example.org",
		"user@xn--r8jz45g.example.org",
		"USER@EXAMPLE.ORG",
		"!#$&*/=?^_`{|}~-@example.org",
		longest,
	} {
		t.Run(to, func(t *testing.T) {
			t.Parallel()
			a := s.Post(t, "/send-code", `{"to":"`+to+`","type":"SignIn","payload":{"code":"739164"}}`)
			if a.Status != http.StatusOK {
				t.Fatalf("Post(to %q) = %d %s, want 200", to, a.Status, a.Body)
			}
			for _, m := range s.Sandbox.Messages() {
				if m.To == to && len(m.Recipients) == 1 {
					return
				}
			}
			t.Errorf("Post(to %q): no mail with exactly this recipient", to)
		})
	}
}
