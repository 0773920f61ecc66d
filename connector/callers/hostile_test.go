package callers_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"mailgun-connector/connector"
	"mailgun-connector/connector/callers"
	"mailgun-connector/connector/config"
)

// reasonOf is why a call is not taken, "" if it is.
func reasonOf(t *testing.T, caller connector.Caller, call *connector.Call) string {
	t.Helper()
	_, err := caller.Read(t.Context(), call)
	if unproven, ok := errors.AsType[*connector.UnprovenError](err); ok {
		return string(unproven.Reason)
	}
	if err != nil {
		t.Fatalf("Read() = %v, want it taken or an *UnprovenError", err)
	}
	return ""
}

// changed returns a copy of a call with other headers; none of a name leaves it out.
func changed(call *connector.Call, headers map[string][]string) *connector.Call {
	next := &connector.Call{Method: call.Method, Header: http.Header(call.Header).Clone(), Body: call.Body}
	for name, values := range headers {
		delete(next.Header, name)
		if len(values) > 0 {
			next.Header[name] = values
		}
	}
	return next
}

func TestHostileSignatures(t *testing.T) {
	t.Parallel()
	caller, call := recordedCaller(t, "clerk", "verification_code")
	good := func(part string) string { return http.Header(call.Header).Get("Svix-" + part) }
	wrong := "v1," + base64.StdEncoding.EncodeToString(make([]byte, 32))
	many := strings.Repeat(wrong+" ", 5000)
	for name, tt := range map[string]struct {
		headers map[string][]string
		want    string
	}{
		"as it came": {nil, ""},
		"another family beside": {map[string][]string{"Webhook-Id": {"x"}, "Webhook-Timestamp": {good("Timestamp")},
			"Webhook-Signature": {wrong}}, ""},
		"a broken family beside":    {map[string][]string{"Webhook-Id": {"x"}}, ""},
		"parts of two families":     {map[string][]string{"Svix-Id": nil, "Webhook-Id": {good("Id")}}, "missing_header"},
		"two ids":                   {map[string][]string{"Svix-Id": {good("Id"), "x"}}, "missing_header"},
		"two times":                 {map[string][]string{"Svix-Timestamp": {good("Timestamp"), "1"}}, "missing_header"},
		"signatures in two headers": {map[string][]string{"Svix-Signature": {wrong, good("Signature")}}, ""},
		"signature cut off":         {map[string][]string{"Svix-Signature": {good("Signature")[:20]}}, "bad_signature"},
		"signature without its version": {
			map[string][]string{"Svix-Signature": {strings.TrimPrefix(good("Signature"), "v1,")}}, "bad_signature",
		},
		"asymmetric version": {
			map[string][]string{"Svix-Signature": {strings.Replace(good("Signature"), "v1,", "v1a,", 1)}}, "bad_signature",
		},
		"version alone":           {map[string][]string{"Svix-Signature": {"v1"}}, "bad_signature"},
		"thousands of signatures": {map[string][]string{"Svix-Signature": {many + good("Signature")}}, "bad_signature"},
		"time with a sign":        {map[string][]string{"Svix-Timestamp": {"+" + good("Timestamp")}}, "bad_timestamp"},
		"time with a fraction":    {map[string][]string{"Svix-Timestamp": {good("Timestamp") + ".0"}}, "bad_timestamp"},
		"time beyond all numbers": {map[string][]string{"Svix-Timestamp": {strings.Repeat("9", 30)}}, "bad_timestamp"},
		"time zero":               {map[string][]string{"Svix-Timestamp": {"0"}}, "stale"},
		"id with a dot": {map[string][]string{"Svix-Id": {good("Id") + "." + good("Timestamp")}},
			"bad_signature"},
	} {
		if got := reasonOf(t, caller, changed(call, tt.headers)); got != tt.want {
			t.Errorf("%s: refused for %q, want %q", name, got, tt.want)
		}
	}
	short := changed(call, nil)
	short.Body = short.Body[:len(short.Body)-1]
	if got := reasonOf(t, caller, short); got != "bad_signature" {
		t.Errorf("a body that is cut off: refused for %q, want bad_signature", got)
	}
}

func TestHostileZitadelSignatures(t *testing.T) {
	t.Parallel()
	caller, call := recordedCaller(t, "zitadel", "verify_email")
	header := http.Header(call.Header).Get("Zitadel-Signature")
	at, signature, _ := strings.Cut(header, ",")
	mac := hmac.New(sha256.New, []byte("zitadel-test-signing-key-0001"))
	mac.Write([]byte("." + string(call.Body)))
	for value, want := range map[string]string{
		header:                                      "",
		signature + "," + at:                        "",
		" " + at + " , " + signature + " ":          "",
		at + ",v2=00," + signature + ",x":           "",
		at + "," + at + "," + signature:             "bad_timestamp",
		at + ",t=1," + signature:                    "bad_timestamp",
		"t=,v1=" + hex.EncodeToString(mac.Sum(nil)): "missing_header",
		signature:     "missing_header",
		at + ",v1=":   "bad_signature",
		at + ",v1=zz": "missing_header",
		at + strings.Repeat(",v1=00", 50) + "," + signature: "bad_signature",
	} {
		if got := reasonOf(t, caller, changed(call, map[string][]string{"Zitadel-Signature": {value}})); got != want {
			t.Errorf("%q: refused for %q, want %q", value, got, want)
		}
	}
}

// tokenKey is a key that the caller's set has under the id "k", otherKey one that it has not.
var tokenKey, otherKey = sync.OnceValue(newKey), sync.OnceValue(newKey)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// claims are those of a good token, with others laid over them; nil leaves one out.
func claims(now time.Time, others map[string]any) []byte {
	all := map[string]any{
		"aud": []string{"auth.example.com"}, "sub": "hanko webhooks", "evt": "email.send",
		"iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(),
		"data": map[string]any{"to_email_address": "ada@example.org", "type": "login",
			"data": map[string]any{"otp_code": "047193"}},
	}
	for name, value := range others {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	return text
}

func token(t testing.TB, algorithm jose.SignatureAlgorithm, key any, id string, payload []byte) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if id != "" {
		options = options.WithHeader("kid", id)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: key}, options)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestHostileTokens(t *testing.T) {
	t.Parallel()
	now := recordedNow()
	all, err := callers.New(map[string]config.Caller{"c": settings("hanko")}, callers.Environment{
		Now: recordedNow, Keys: func(string) callers.KeySet { return recordedKeys{"k": &tokenKey().PublicKey} },
	})
	if err != nil {
		t.Fatal(err)
	}
	reason := func(body string) string {
		return reasonOf(t, all["c"], &connector.Call{Method: "POST", Header: map[string][]string{}, Body: []byte(body)})
	}
	envelope := func(token string) string { return fmt.Sprintf(`{"token":%q,"event":"email.send"}`, token) }
	good := token(t, jose.RS256, tokenKey(), "k", claims(now, nil))
	with := func(others map[string]any) string {
		return envelope(token(t, jose.RS256, tokenKey(), "k", claims(now, others)))
	}
	parts := strings.Split(good, ".")
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"k"}`)) + "." + parts[1] + "."
	critical := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"k","crit":["x"],"x":1}`)) + "." +
		parts[1] + "." + parts[2]
	general := `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] +
		`"}]}`
	for name, tt := range map[string]struct{ body, want string }{
		"good":            {envelope(good), ""},
		"no algorithm":    {envelope(unsigned), "bad_token"},
		"another hash":    {envelope(token(t, jose.RS512, tokenKey(), "k", claims(now, nil))), "bad_token"},
		"another padding": {envelope(token(t, jose.PS256, tokenKey(), "k", claims(now, nil))), "bad_token"},
		"HMAC with the modulus": {envelope(token(t, jose.HS256, tokenKey().N.Bytes(), "k", claims(now, nil))),
			"bad_token"},
		"another key":              {envelope(token(t, jose.RS256, otherKey(), "k", claims(now, nil))), "bad_signature"},
		"unknown key id":           {envelope(token(t, jose.RS256, otherKey(), "../k", claims(now, nil))), "unknown_key"},
		"no key id":                {envelope(token(t, jose.RS256, tokenKey(), "", claims(now, nil))), "unknown_key"},
		"header that is not known": {envelope(critical), "bad_signature"},
		"general serialization":    {fmt.Sprintf(`{"token":%q,"event":"email.send"}`, general), "bad_token"},
		"four parts":               {envelope(good + ".x"), "bad_token"},
		"two parts":                {envelope(parts[0] + "." + parts[1]), "bad_token"},
		"white space":              {envelope(good + " "), "bad_token"},
		"payload of another": {envelope(parts[0] + "." +
			base64.RawURLEncoding.EncodeToString(claims(now, map[string]any{"evil": 1})) + "." + parts[2]), "bad_signature"},
		"no end":                     {with(map[string]any{"exp": nil}), "no_end"},
		"end in the past":            {with(map[string]any{"exp": now.Add(-time.Minute).Unix()}), "stale"},
		"end that is no time":        {with(map[string]any{"exp": "soon"}), "bad_token"},
		"issued in the future":       {with(map[string]any{"iat": now.Add(time.Minute).Unix()}), "future"},
		"not yet":                    {with(map[string]any{"nbf": now.Add(time.Minute).Unix()}), "future"},
		"audience that begins alike": {with(map[string]any{"aud": "auth.example.com.evil.example"}), "wrong_audience"},
		"audience of numbers":        {with(map[string]any{"aud": []int{1}}), "bad_token"},
		"no subject":                 {with(map[string]any{"sub": nil}), "wrong_subject"},
		"other event":                {with(map[string]any{"evt": "user.create"}), "wrong_event"},
		"no event":                   {with(map[string]any{"evt": nil}), "wrong_event"},
		"token in a list":            {`{"token":["` + good + `"],"event":"email.send"}`, "no_token"},
		"no JSON":                    {"token=" + good, "no_token"},
	} {
		if got := reason(tt.body); got != tt.want {
			t.Errorf("%s: refused for %q, want %q", name, got, tt.want)
		}
	}
}

// Whatever is written around a token's claims, a replay of them is one.
func TestReplayOfATokenInOtherWords(t *testing.T) {
	t.Parallel()
	all, err := callers.New(map[string]config.Caller{"c": settings("hanko")}, callers.Environment{
		Now: recordedNow, Keys: func(string) callers.KeySet { return recordedKeys{"k": &tokenKey().PublicKey} },
	})
	if err != nil {
		t.Fatal(err)
	}
	good := token(t, jose.RS256, tokenKey(), "k", claims(recordedNow(), nil))
	last := good[len(good)-1]
	keys := map[string]bool{}
	taken := 0
	for _, text := range []string{good, good[:len(good)-1] + string(last+1), good[:len(good)-1] + string(last-1)} {
		for _, body := range []string{
			`{"token":%q,"event":"email.send"}`, ` { "event" : "email.send", "x" : 1, "token" : %q } `,
		} {
			order, err := all["c"].Read(t.Context(), &connector.Call{
				Method: "POST", Header: map[string][]string{}, Body: fmt.Appendf(nil, body, text),
			})
			if err == nil {
				taken++
				keys[order.Mails[0].IdempotencyKey] = true
			}
		}
	}
	if taken < 2 || len(keys) != 1 {
		t.Errorf("%d of the calls are taken, as %d mails, want one", taken, len(keys))
	}
}

// What proves the calls of one caller proves none of another's.
func TestProofsOfOtherCallers(t *testing.T) {
	t.Parallel()
	one, two := config.Caller{Type: "kratos", Tokens: []config.Secret{"token-of-the-first-caller"}},
		config.Caller{Type: "casdoor", Tokens: []config.Secret{"token-of-the-second-caller"}}
	all, err := callers.New(map[string]config.Caller{"one": one, "two": two}, callers.Environment{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"Bearer token-of-the-second-caller":                    "wrong_token",
		"token-of-the-first-caller token-of-the-second-caller": "wrong_token",
		"Bearer " + strings.Repeat("x", 1000):                  "wrong_token",
		"":                                                     "no_token",
		"Bearer ":                                              "no_token",
		"Basic " + base64.StdEncoding.EncodeToString([]byte("a:token-of-the-second-caller")): "wrong_token",
		"Basic " + base64.StdEncoding.EncodeToString([]byte("token-of-the-first-caller:")):   "wrong_token",
	} {
		call := &connector.Call{Method: "POST", Header: map[string][]string{"Authorization": {header}}, Body: []byte("{}")}
		if got := reasonOf(t, all["one"], call); got != want {
			t.Errorf("%q: refused for %q, want %q", header, got, want)
		}
	}
}

// A time that is signed counts within the tolerance, both ways and to the second.
func TestTolerance(t *testing.T) {
	t.Parallel()
	for offset, want := range map[int]string{0: "", 300: "", -300: "", 301: "stale", -301: "future"} {
		now := recordedNow()
		all, err := callers.New(map[string]config.Caller{"c": settings("zitadel")}, callers.Environment{
			Now: func() time.Time { return now },
		})
		if err != nil {
			t.Fatal(err)
		}
		at := strconv.FormatInt(now.Unix()-int64(offset), 10)
		body := `{"contextInfo":{"eventType":"x","recipientEmailAddress":"a@example.org"}}`
		mac := hmac.New(sha256.New, []byte("zitadel-test-signing-key-0001"))
		mac.Write([]byte(at + "." + body))
		call := &connector.Call{Method: "POST", Body: []byte(body), Header: map[string][]string{
			"Zitadel-Signature": {"t=" + at + ",v1=" + hex.EncodeToString(mac.Sum(nil))},
		}}
		if got := reasonOf(t, all["c"], call); got != want {
			t.Errorf("%d seconds old: refused for %q, want %q", offset, got, want)
		}
	}
}
