package configfile_test

import (
	"path/filepath"
	"strings"
	"testing"

	"mailgun-connector/connector/config"
	"mailgun-connector/connector/configfile"
)

const keyless = "domain: mg.example.com\nfrom: a@mg.example.com\ndeliveries: {Generic: {html: '{{code}}', subject: s}}\n"

// sources returns sources that have a secret in each place where one can be: the name of
// the place is what an error must tell.
func sources(t *testing.T, secret string) map[string]*configfile.Source {
	t.Helper()
	dir := t.TempDir()
	path, file := filepath.Join(dir, "connector.yaml"), filepath.Join(dir, "secret.txt")
	write(t, path, keyless)
	failover := filepath.Join(dir, "failover.yaml")
	write(t, failover, keyless+"failover: {domain: mg2.example.com}\n")
	write(t, file, secret)
	const key = "key-0123456789abcdef"
	return map[string]*configfile.Source{
		"MAILGUN_API_KEY":             {Config: path, APIKey: config.Secret(secret)},
		"MAILGUN_FAILOVER_API_KEY":    {Config: failover, APIKey: key, FailoverKey: config.Secret(secret)},
		file + " (failover's key)":    {Config: failover, APIKey: key, FailoverKeyFile: file},
		"CONNECTOR_TOKEN":             {Config: path, APIKey: key, Token: config.Secret(secret)},
		"MAILGUN_WEBHOOK_SIGNING_KEY": {Config: path, APIKey: key, WebhookKey: config.Secret(secret)},
		file + " (API key)":           {Config: path, APIKeyFile: file},
		file + " (tokens)":            {Config: path, APIKey: key, TokenFile: file},
		file + " (webhook key)":       {Config: path, APIKey: key, WebhookKeyFile: file},
	}
}

func TestSecretMistakes(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{
		`"secret-0123456789"`, `'secret-0123456789'`, "${SECRET_0123456789}", "$SECRET_0123456789", "<secret-0123456789>",
		"api:secret-0123456789", "TOKEN=secret-0123456789", "secret–0123456789", "\xff\xfes\x00e\x00c\x00",
	} {
		for place, source := range sources(t, secret) {
			place, _, _ = strings.Cut(place, " ")
			_, err := source.Load(t.Context())
			if err == nil || !strings.Contains(err.Error(), place) || strings.Contains(err.Error(), "0123456789") {
				t.Errorf("Load() with %q in %s = %v, want an error that names the place and nothing of the secret", secret, place, err)
			}
			if err != nil && strings.Contains(err.Error(), "line ") {
				t.Errorf("Load() with %q in %s = %v, want no line of the config", secret, place, err)
			}
		}
	}
}

// What editors and shells put around a secret does no harm.
func TestSecretsAreTrimmed(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"secret-0123456789", "\ufeffsecret-0123456789\r\n", "  secret-0123456789\n\n"} {
		for place, source := range sources(t, secret) {
			if place == "CONNECTOR_TOKEN" || place == "MAILGUN_WEBHOOK_SIGNING_KEY" {
				if strings.HasPrefix(secret, "\ufeff") {
					continue // a variable has none
				}
			}
			snap, err := source.Load(t.Context())
			if err != nil {
				t.Errorf("Load() with %q in %s = %v, want nil", secret, place, err)
				continue
			}
			for _, s := range []config.Secret{snap.Tokens, snap.WebhookKey} {
				if words := s.Words(); len(words) > 0 && words[0] != "secret-0123456789" {
					t.Errorf("Load() with %q in %s = %q, want it trimmed", secret, place, words)
				}
			}
			key := snap.Config.APIKey
			if snap.Config.Failover != nil {
				key = snap.Config.Failover.APIKey
			}
			if strings.Contains(place, "API") && key.Reveal() != "secret-0123456789" {
				t.Errorf("Load() with %q in %s = %q, want it trimmed", secret, place, key.Reveal())
			}
		}
	}
}

func TestEmptyWebhookKeyFile(t *testing.T) {
	t.Parallel()
	for place, source := range sources(t, " \n") {
		if !strings.Contains(place, "webhook") {
			continue
		}
		if _, err := source.Load(t.Context()); err == nil || !strings.Contains(err.Error(), "is empty") {
			t.Errorf("Load() with an empty %s = %v, want an error", place, err)
		}
	}
}
