package config_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mailgun-connector/connector/config"
)

const (
	whsec = "v1,whsec_TjV2c0pZbWhmS3o4d1FkMkdhUnhVcEw2Y0V0QjFpTWU="
	core  = `"domain":"mg.example.com","apiKey":"key-01234567","from":"a@mg.example.com","brand":{"name":"Acme"}`
)

// TestCallers has what is wrong with a caller, each with its place and what to do.
func TestCallers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, caller, want string }{
		{"supabase", `{"type":"supabase","secrets":["` + whsec + `","` + whsec + `|` + strings.TrimPrefix(whsec, "v1,") + `"],"verifyUrl":"https://a.supabase.co/auth/v1/verify"}`, ""},
		{"clerk", `{"type":"clerk","secrets":["` + whsec + `"],"content":"own, else caller","codeLifeSeconds":600}`, ""},
		{"zitadel", `{"type":"zitadel","signingKeys":["a-key-of-16-bytes"],"links":{"x":"app://a?c={{args.code}}"}}`, ""},
		{"hanko", `{"type":"hanko","jwks":"http://hanko:8001/jwks.json","audience":["a"]}`, ""},
		{"kratos", `{"type":"kratos","basicAuth":[{"user":"a","password":"b"}],"tokenFrom":"cookie a"}`, ""},
		{"casdoor", `{"type":"casdoor","tokens":["a-token-of-16-bytes"],"fields":{"content":"c"},"usageFrom":"header X"}`, ""},
		{"file", `{"type":"kratos","tokensFile":"tokens","basicAuthFile":"users"}`, ""},

		{"no secret", `{"type":"supabase"}`, `/callers/c/secrets: is missing: without it, or "secretsFile", anybody could send mails through this route`},
		{"no keys", `{"type":"hanko","audience":["a"]}`, `/callers/c/jwks: is missing: without it anybody could send mails through this route`},
		{"no audience", `{"type":"hanko","jwks":"https://a.example/jwks"}`, `/callers/c/audience: is missing: write Hanko's session.audience, or else its relying party id`},
		{"keys over the open network", `{"type":"hanko","jwks":"http://a.example/jwks","audience":["a"]}`, `/callers/c/jwks: would bring the keys over the open network as http: write https`},
		{"empty list", `{"type":"clerk","secrets":[]}`, `/callers/c/secrets: must not be empty: write at least one`},
		{"other type", `{"type":"auth0"}`, `/callers/c/type: is not an identity server that is known here: write supabase, clerk, kratos, zitadel, hanko or casdoor`},
		{"no type", `{}`, `/callers/c/type: is missing`},
		{"another's member", `{"type":"clerk","secrets":["` + whsec + `"],"tokens":["a-token-of-16-bytes"],"verifyUrl":"https://a"}`,
			"/callers/c/tokens: means nothing for clerk: remove it\n/callers/c/verifyUrl: means nothing for clerk: remove it"},
		{"unknown member", `{"type":"clerk","secrets":["` + whsec + `"],"secret":"a"}`,
			"/callers/c/secret: is unknown here: did you mean \"secrets\"?\n/callers/c/secret: means nothing for clerk: remove it"},
		{"no whsec", `{"type":"clerk","secrets":["sk_test_0123456789abcdef"]}`, `/callers/c/secrets/0: is not of the form "v1,whsec_…" or "whsec_…": copy it from the dashboard`},
		{"no base64", `{"type":"clerk","secrets":["whsec_?"]}`, `/callers/c/secrets/0: is not base64 behind whsec_: copy it from the dashboard`},
		{"short key", `{"type":"clerk","secrets":["whsec_YWJj"]}`, `/callers/c/secrets/0: is too short and easily guessed: take one of 24 bytes or more`},
		{"short token", `{"type":"kratos","tokens":["short"]}`, `/callers/c/tokens/0: is shorter than 16 characters and easily guessed`},
		{"placeholder", `{"type":"kratos","tokens":["${KRATOS_TOKEN}"]}`, `/callers/c/tokens/0: is a placeholder that was not filled in`},
		{"mask", `{"type":"kratos","tokens":["<secret>"]}`, `/callers/c/tokens/0: is the mask of a secret, and which one can't be told: write the secret itself`},
		{"missing file", `{"type":"kratos","tokensFile":"nowhere"}`, `/callers/c/tokensFile: can't be read: file does not exist`},
		{"file without a colon", `{"type":"kratos","basicAuthFile":"tokens"}`, `/callers/c/basicAuthFile: has a line without a colon: write USER:PASSWORD`},
		{"pointer", `{"type":"clerk","secrets":["` + whsec + `"],"localeFrom":["user"]}`, `/callers/c/localeFrom/0: is not a JSON Pointer: write it like "/user/user_metadata/locale"`},
		{"usage", `{"type":"clerk","secrets":["` + whsec + `"],"usage":{"a":"b c"}}`, `/callers/c/usage/a: is not a usage type: use 1 to 64 letters, digits, "_", "-" or ".", such as "SignIn"`},
		{"tolerance", `{"type":"clerk","secrets":["` + whsec + `"],"toleranceSeconds":0}`, `/callers/c/toleranceSeconds: must be from 1 to 3600 seconds`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Parse([]byte(`{`+core+`,"callers":{"c":`+tt.caller+`}}`), config.ParseOptions{
				ReadFile: func(_, name string) ([]byte, error) {
					switch name {
					case "tokens":
						return []byte("a-token-of-16-bytes\nanother-of-16-bytes\n"), nil
					case "users":
						return []byte("kratos:pass:word\n\n"), nil
					}
					return nil, fs.ErrNotExist
				},
			})
			got := strings.Join(problems(t, err), "\n")
			got = strings.ReplaceAll(got, "line 1: ", "")
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Parse(%s) (-want +got):\n%s", tt.caller, diff)
			}
		})
	}
	_, err := config.Parse([]byte(`{`+core+`,"callers":{"Not/OK":{"type":"clerk","secrets":["`+whsec+`"]}}}`), config.ParseOptions{})
	if got := strings.Join(problems(t, err), "\n"); !strings.Contains(got, "is not a name for a URL") {
		t.Errorf("Parse of a name with a slash = %q, want that it is none", got)
	}
}

// secretConfigs has the secrets s1-… to s5-… of callers, in both formats.
var secretConfigs = map[string]string{
	"c.json": `{` + core + `,"callers":{
		"k":{"type":"kratos","tokens":["s1-0123456789abcdef","s2-0123456789abcdef"],"basicAuth":[{"user":"u","password":"s3-0123456789abcdef"}]},
		"z":{"signingKeys":["s4-0123456789abcdef"],"type":"zitadel"}}}`,
	"c.yaml": `domain: mg.example.com
apiKey: key-01234567
from: a@mg.example.com
brand: {name: Acme}
callers:
  k:
    type: kratos
    tokens:
      - s1-0123456789abcdef   # the old one was s2-0123456789abcdef
      - "s2-0123456789abcdef"
    basicAuth: [{user: u, password: 's3-0123456789abcdef'}]
  z: {type: zitadel, signingKeys: [s4-0123456789abcdef]}
`,
}

// The secrets of callers are masked byte for byte, and the masks bring them back.
func TestSecretsOfCallersAreMasked(t *testing.T) {
	t.Parallel()
	for name, text := range secretConfigs {
		cfg, err := parse(text, name)
		if err != nil {
			t.Fatal(err)
		}
		shown, err := cfg.Text()
		if err != nil {
			t.Fatal(err)
		}
		want := text
		for _, secret := range []string{"key-01234567", "s1-0123456789abcdef", "s2-0123456789abcdef", "s3-0123456789abcdef", "s4-0123456789abcdef"} {
			want = strings.ReplaceAll(want, secret, config.Masked)
		}
		if diff := cmp.Diff(want, string(shown.Data)); diff != "" {
			t.Errorf("Text() of %s (-want +got):\n%s", name, diff)
		}
		asJSON, err := cfg.JSON()
		if err != nil || strings.Contains(string(asJSON), "0123456789abcdef") || !json.Valid(asJSON) {
			t.Errorf("JSON() of %s = %s, %v, want no secret", name, asJSON, err)
		}
		back, err := config.Unmask(shown, config.Document{Data: []byte(text), Format: shown.Format})
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse(string(back.Data), name)
		if err != nil {
			t.Fatalf("Unmask() of %s = %s: %v", name, back.Data, err)
		}
		if diff := cmp.Diff(reveal(cfg), reveal(again)); diff != "" {
			t.Errorf("Unmask() of %s (-want +got):\n%s", name, diff)
		}
	}
}

// reveal lists the secrets of the tests' callers.
func reveal(cfg *config.Config) []string {
	all := []string{cfg.APIKey.Reveal()}
	for _, secret := range append(cfg.Callers["k"].Tokens, cfg.Callers["z"].SigningKeys...) {
		all = append(all, secret.Reveal())
	}
	return append(all, cfg.Callers["k"].BasicAuth[0].Password.Reveal())
}

// A mask in a list that has another length by now could be any of its secrets.
func TestMasksOfAnotherListStay(t *testing.T) {
	t.Parallel()
	file := config.Document{Data: []byte(secretConfigs["c.json"]), Format: config.JSON}
	draft := config.Document{Format: config.JSON, Data: []byte(`{` + core + `,"callers":{"k":{"type":"kratos","tokens":["<secret>"]}}}`)}
	got, err := config.Unmask(draft, file)
	if err != nil || string(got.Data) != string(draft.Data) {
		t.Errorf("Unmask() = %s, %v, want the draft as it is", got.Data, err)
	}
	if _, err := config.Parse(got.Data, config.ParseOptions{}); err == nil {
		t.Error("a config with a mask for a secret is taken")
	}
	if _, err := config.Parse(got.Data, config.ParseOptions{Masked: true}); err != nil {
		t.Errorf("Parse() of a draft that is only checked = %v, want nil", err)
	}
}

// A secret that is somewhere else too can't be masked, and the config is not shown.
func TestSecretElsewhereIsNotShown(t *testing.T) {
	t.Parallel()
	cfg, err := parse(`{`+core+`,"deliveries":{"A":{"html":"{{code}} s1-0123456789abcdef","subject":"s"}},
		"callers":{"k":{"type":"kratos","tokens":["s1-0123456789abcdef"]}}}`, "c.json")
	if err != nil {
		t.Fatal(err)
	}
	_, err = cfg.Text()
	if _, ok := errors.AsType[*config.MaskError](err); !ok || !strings.Contains(err.Error(), "the secret of a caller at /deliveries/A/html too") {
		t.Errorf("Text() = %v, want that the secret is there too", err)
	}
}
