package connector_test

import (
	"errors"
	"strings"
	"testing"

	"mailgun-connector/connector"
)

// TestRecipient: a code goes to exactly one address, the one that was asked for.
func TestRecipient(t *testing.T) {
	t.Parallel()
	sent := 0
	c := service(t, minimal, func(*connector.Email) (connector.Receipt, error) { sent++; return connector.Receipt{}, nil })
	longest := strings.Repeat("a", 60) + "@" + strings.Repeat(strings.Repeat("b", 47)+".", 4) + "x"
	longest += strings.Repeat("x", 254-len(longest))
	for to, ok := range map[string]bool{
		"ada@example.org": true, "Ada.Lovelace+tag@sub.example.org": true, "o'brien@example.org": true, "a@b.c": true,
		"用户@例え.jp": true, "ünï@example.org": true, "!#$%&*/=?^_`{|}~-@example.org": true, longest: true,

		"": false, "ada": false, "@example.org": false, "ada@": false, "a@b@c": false, "a..b@example.org": false, ".a@example.org": false,
		"a@example..org": false, longest + "x": false,
		"ada@example.org,eve@example.org": false, "ada@example.org;eve@example.org": false, "ada@example.org eve@example.org": false,
		"ada@example.org,": false, ",ada@example.org": false, "Ada <ada@example.org>": false, "<ada@example.org>": false,
		"Team:ada@example.org;": false, "ada@example.org(comment)": false, `"a b"@example.org`: false, "ada@[127.0.0.1]": false,
		" ada@example.org": false, "ada@example.org ": false, "ada@example.org\n": false, "ada@example.org\r\nBcc: eve@example.org": false,
		"ada\x00@example.org": false, "ada\t@example.org": false, "ada\u00a0@example.org": false, "ada\u0085@example.org": false, "ada\x7f@example.org": false,
		"ada\ufffd@example.org": false, "ada\xff@example.org": false,

		"ada@münchen.example": true, "ada@xn--mnchen-3ya.example": true, "ada@MU\u0308NCHEN.example": true, "ada@例え。jp": true,
		"ada@a-b.r3---sn.example": true, "ada@1.2.example": true, "ada@faß.example": true, "ada@مثال.إختبار": true,
		"ada@" + strings.Repeat("d", 63) + ".com": true, strings.Repeat("x", 64) + "@example.org": true,

		"ada@example": false, "ada@localhost": false, "ada@example.org/": false, "ada@example.org?subject=x": false, "ada@-example.org": false,
		"ada@example-.org": false, "ada@exam_ple.org": false, "ada@example.org.": false, "ada@example.123": false, "ada@192.0.2.7": false,
		"ada@exam'ple.org": false, "ada@ex*mple.org": false, "ada@xn--a.example": false, "ada@xn--.example": false, "ada@a\u200db.example": false,
		"ada@\u0300a.example": false, "ada@-münchen.example": false, "ada@münchen": false,
		"ada@" + strings.Repeat("d", 64) + ".com": false, "ada@" + strings.Repeat("ü", 60) + ".com": false,
		strings.Repeat("x", 65) + "@example.org": false, strings.Repeat("ü", 33) + "@example.org": false,
		"ada@example.org\uff0ceve@example.org": false, "ada\uff20example.org@example.net": false, "ada\uff1b@example.org": false, "ada@example.org\uff1b": false,
	} {
		before := sent
		_, err := c.Send(t.Context(), &connector.Request{To: to, Type: "SignIn", Payload: map[string]any{"code": "1"}})
		if (err == nil) != ok || (sent > before) != ok {
			t.Errorf("Send(%q) = %v with %d mails, want ok %v", to, err, sent-before, ok)
			continue
		}
		var e *connector.Error
		if !ok && (!errors.As(err, &e) || e.Code != connector.InvalidRequest || to != "" && strings.Contains(e.Error(), to)) {
			t.Errorf("Send(%q) = %v, want invalid_request_parameters without the address", to, err)
		}
	}
}

func TestRecipientHash(t *testing.T) {
	t.Parallel()
	h := connector.NewRecipientHasher([]byte("key"))
	const ada = "ada@example.org"
	for to, same := range map[string]bool{
		"ada@example.org": true, "ADA@Example.ORG": true, "ada+tag@example.org": true, "ada+a+b@example.org": true, "Ada+@EXAMPLE.org": true,
		"+ada@example.org": false, "ada@example.com": false, "ad.a@example.org": false, "adatag@example.org": false, "ada@example.org+x": false,
	} {
		if got := h.Hash(to) == h.Hash(ada); got != same {
			t.Errorf("Hash(%q) == Hash(%q) is %v, want %v", to, ada, got, same)
		}
	}
	for _, spellings := range [][]string{
		{"ada@münchen.example", "ada@xn--mnchen-3ya.example", "ADA@MU\u0308NCHEN.EXAMPLE", "ada+x@XN--MNCHEN-3YA.example", "ada@münchen。example"},
		{"ada@example.org", "\uff41da@ｅxample.org", "ada@example．org", "ada\uff0btag@example.org"},
		{"jos\u00e9@example.org", "jose\u0301@example.org", "JOSE\u0301@example.org"},
		{"straße@example.org", "STRASSE@example.org", "STRAẞE+x@example.org"},
		{"ada@faß.example", "ada@xn--fa-hia.example"},
		{"σίσυφος@example.org", "ΣΊΣΥΦΟΣ@example.org"},
	} {
		for _, other := range spellings[1:] {
			if h.Hash(other) != h.Hash(spellings[0]) {
				t.Errorf("Hash(%q) != Hash(%q), want the same inbox to have one", other, spellings[0])
			}
		}
	}
	if h.Hash("ada@faß.example") == h.Hash("ada@fass.example") {
		t.Error("Hash of faß.example = that of fass.example, want two domains (IDNA 2008)")
	}
	if connector.NewRecipientHasher([]byte("other")).Hash(ada) == h.Hash(ada) {
		t.Error("hashes with two keys are the same, want others")
	}
	if one, other := connector.NewRecipientHasher(nil), connector.NewRecipientHasher(nil); one.Hash(ada) == other.Hash(ada) {
		t.Error("hashes with two random keys are the same, want others")
	}
	if got := h.Hash(ada).String(); len(got) != 12 || strings.Trim(got, "0123456789abcdef") != "" {
		t.Errorf("String() = %q, want 12 hexadecimal digits", got)
	}
}
