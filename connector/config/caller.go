package config

import (
	"encoding/base64"
	"errors"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"mailgun-connector/connector/loopback"
	"mailgun-connector/schema"
)

// Caller says how an identity server's calls are read, and how it proves that they are
// its own. Members that its type does not take are empty.
type Caller struct {
	Type string `json:"type"`

	Secrets     []Secret    `json:"secrets"`
	SigningKeys []Secret    `json:"signingKeys"`
	Tokens      []Secret    `json:"tokens"`
	BasicAuth   []BasicAuth `json:"basicAuth"`
	// The files are read into the lists above.
	SecretsFile     string `json:"secretsFile"`
	SigningKeysFile string `json:"signingKeysFile"`
	TokensFile      string `json:"tokensFile"`
	BasicAuthFile   string `json:"basicAuthFile"`

	TokenFrom        string   `json:"tokenFrom"` // "header NAME" or "cookie NAME"
	JWKS             string   `json:"jwks"`
	Audience         []string `json:"audience"`
	ToleranceSeconds int      `json:"toleranceSeconds"` // 0 for the type's own

	Usage           map[string]string `json:"usage"`
	UsageFrom       string            `json:"usageFrom"` // "header NAME"
	Fields          map[string]string `json:"fields"`
	LocaleFrom      []string          `json:"localeFrom"` // JSON Pointers
	VerifyURL       string            `json:"verifyUrl"`
	Links           map[string]string `json:"links"`
	Content         Content           `json:"content"`         // "" for the type's own
	CodeLifeSeconds int               `json:"codeLifeSeconds"` // 0 for the type's own
}

// BasicAuth is a user of HTTP's basic authentication.
type BasicAuth struct {
	User     string `json:"user"`
	Password Secret `json:"password"`
}

// Content says whose mail is sent.
type Content string

// The contents.
const (
	OwnContent    Content = "own"
	CallerContent Content = "caller"
	OwnElseCaller Content = "own, else caller"
)

// callerFacts says what a type of callers takes.
type callerFacts struct {
	proof   []string // one of these is needed
	members []string // that it takes beside those which every type takes
}

var callerTypes = map[string]callerFacts{
	"supabase": {proof: []string{"secrets"}, members: []string{"verifyUrl"}},
	"clerk":    {proof: []string{"secrets"}},
	"zitadel":  {proof: []string{"signingKeys"}},
	"hanko":    {proof: []string{"jwks"}, members: []string{"audience"}},
	"kratos":   {proof: []string{"tokens", "basicAuth"}, members: []string{"tokenFrom"}},
	"casdoor":  {proof: []string{"tokens", "basicAuth"}, members: []string{"tokenFrom", "usageFrom", "fields"}},
}

// everyCaller are the members that every type takes.
var everyCaller = []string{
	"type", "usage", "links", "localeFrom", "content", "codeLifeSeconds", "toleranceSeconds",
}

// fileSuffix ends the member that names the file with a secret.
const fileSuffix = "File"

func (f callerFacts) takes(member string) bool {
	plain := strings.TrimSuffix(member, fileSuffix)
	return slices.Contains(everyCaller, member) || slices.Contains(f.members, member) || slices.Contains(f.proof, plain)
}

// callers checks the callers, and reads the files of their secrets.
func (c *checker) callers(cfg *Config) {
	for _, name := range slices.Sorted(maps.Keys(cfg.Callers)) {
		caller := cfg.Callers[name]
		c.caller("/callers/"+schema.EscapePointer(name), &caller)
		cfg.Callers[name] = caller
	}
}

func (c *checker) caller(at string, caller *Caller) {
	facts, known := callerTypes[caller.Type]
	if !known {
		return // the schema has told
	}
	value, _ := schema.Lookup(c.doc.value, at).(map[string]any)
	for _, member := range slices.Sorted(maps.Keys(value)) {
		if !facts.takes(member) {
			c.problem(at+"/"+schema.EscapePointer(member), "means nothing for %s: remove it", caller.Type)
		}
	}
	c.secretFiles(at, caller)
	for i, secret := range caller.Secrets {
		if c.callerSecret(element(at+"/secrets", i), secret) {
			_, err := WebhookKeys(secret)
			c.mistaken(element(at+"/secrets", i), err)
		}
	}
	c.longSecrets(at+"/signingKeys", caller.SigningKeys)
	c.longSecrets(at+"/tokens", caller.Tokens)
	for i, user := range caller.BasicAuth {
		c.callerSecret(element(at+"/basicAuth", i)+"/password", user.Password)
	}
	c.proof(at, facts, caller)
	if caller.VerifyURL != "" {
		if _, err := url.Parse(caller.VerifyURL); err != nil {
			c.problem(at+"/verifyUrl", "is not an address: write it like %q",
				"https://PROJECT.supabase.co/auth/v1/verify")
		}
	}
	if caller.JWKS != "" && !isSafeAddress(caller.JWKS) {
		c.problem(at+"/jwks", "would bring the keys over the open network as http: write https")
	}
	if caller.Type == "hanko" && len(caller.Audience) == 0 && !c.found(at+"/audience") {
		c.problem(at+"/audience", "is missing: write Hanko's session.audience, or else its relying party id")
	}
}

// minCallerSecret is the length in bytes, as for our own tokens.
const minCallerSecret = 16

func (c *checker) longSecrets(at string, secrets []Secret) {
	for i, secret := range secrets {
		if c.callerSecret(element(at, i), secret) && len(secret) < minCallerSecret {
			c.problem(element(at, i), "is shorter than %d characters and easily guessed", minCallerSecret)
		}
	}
}

func (c *checker) mistaken(at string, err error) {
	if err != nil {
		c.problem(at, "%v", err)
	}
}

// WebhookKeys returns the keys of a secret in the form of Standard Webhooks, as Supabase's
// and Clerk's dashboards show it: whsec_ and base64, perhaps with v1, before it, and
// several with | between them. The error is a sentence without a subject.
func WebhookKeys(secret Secret) ([][]byte, error) {
	var keys [][]byte
	for word := range strings.SplitSeq(secret.Reveal(), "|") {
		text, ok := strings.CutPrefix(strings.TrimPrefix(word, "v1,"), "whsec_")
		if !ok {
			return nil, errors.New(`is not of the form "v1,whsec_…" or "whsec_…": copy it from the dashboard`)
		}
		key, err := base64.StdEncoding.DecodeString(text)
		switch {
		case err != nil:
			return nil, errors.New("is not base64 behind whsec_: copy it from the dashboard")
		case len(key) < minCallerSecret:
			return nil, errors.New("is too short and easily guessed: take one of 24 bytes or more")
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// proof reports a caller that anybody could pretend to be.
func (c *checker) proof(at string, facts callerFacts, caller *Caller) {
	if len(caller.Secrets)+len(caller.SigningKeys)+len(caller.Tokens)+len(caller.BasicAuth) > 0 || caller.JWKS != "" {
		return
	}
	needed := facts.proof[0]
	for _, member := range facts.proof {
		if c.found(at+"/"+member) || c.found(at+"/"+member+fileSuffix) {
			return
		}
	}
	if needed == "jwks" {
		c.problem(at+"/jwks", "is missing: without it anybody could send mails through this route")
		return
	}
	c.problem(at+"/"+needed, "is missing: without it, or %q, anybody could send mails through this route",
		needed+fileSuffix)
}

// callerSecret reports whether a secret is one by its looks.
func (c *checker) callerSecret(at string, secret Secret) bool {
	switch mistake := secret.Mistake(); {
	case c.found(at), secret == Masked && c.opts.Masked:
	case secret == Masked:
		c.problem(at, "is the mask of a secret, and which one can't be told: write the secret itself")
	case mistake != "":
		c.problem(at, "%s", mistake)
	default:
		return true
	}
	return false
}

// secretFiles reads the files that hold secrets.
func (c *checker) secretFiles(at string, caller *Caller) {
	for _, file := range []struct {
		name   string
		member string
		list   *[]Secret
	}{
		{caller.SecretsFile, "/secretsFile", &caller.Secrets},
		{caller.SigningKeysFile, "/signingKeysFile", &caller.SigningKeys},
		{caller.TokensFile, "/tokensFile", &caller.Tokens},
	} {
		for _, word := range strings.FieldsFunc(c.file(at+file.member, file.name, ""), isBetweenSecrets) {
			*file.list = append(*file.list, Secret(word))
		}
	}
	for line := range strings.Lines(c.file(at+"/basicAuthFile", caller.BasicAuthFile, "")) {
		user, password, ok := strings.Cut(strings.TrimSpace(line), ":")
		if ok {
			caller.BasicAuth = append(caller.BasicAuth, BasicAuth{user, Secret(password)})
		} else if user != "" && !c.found(at+"/basicAuthFile") {
			c.problem(at+"/basicAuthFile", "has a line without a colon: write USER:PASSWORD")
		}
	}
}

// isBetweenSecrets reports whether r stands between the secrets of a file. Supabase's own
// variable has several secrets with | between them.
func isBetweenSecrets(r rune) bool { return r <= ' ' || r == '|' }

// isSafeAddress reports whether what is fetched from an address can't be exchanged on its
// way: by https, or by http within a machine or a private network.
func isSafeAddress(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return false
	}
	if u.Scheme == "https" || loopback.Is(u.Host) {
		return true
	}
	host := u.Hostname()
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	return net.ParseIP(host) == nil && !strings.Contains(host, ".") ||
		strings.HasSuffix(host, ".internal") || strings.HasSuffix(host, ".local")
}

// HasCaller reports whether there is a caller of a name and type.
func (c *Config) HasCaller(name, kind string) bool {
	caller, ok := c.Callers[name]
	return ok && caller.Type == kind
}

// SecretFiles returns the files that the callers' secrets were read from, as the config
// names them.
func (c *Config) SecretFiles() []string {
	var files []string
	for _, caller := range c.Callers {
		files = append(files, caller.SecretsFile, caller.SigningKeysFile, caller.TokensFile, caller.BasicAuthFile)
	}
	return slices.DeleteFunc(files, func(name string) bool { return name == "" })
}

// IsSecretFile reports whether a pointer is to the name of a file that holds secrets.
func IsSecretFile(pointer string) bool {
	return strings.HasPrefix(pointer, "/callers/") && strings.HasSuffix(pointer, fileSuffix)
}
