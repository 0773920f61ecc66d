package configfile

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"mailgun-connector/connector/config"
)

// outsideKey returns a Mailgun key from outside of the config, the file's if there is no
// other, and where it is from.
func outsideKey(
	read func(string) ([]byte, error), given config.Secret, file, variable string,
) (key config.Secret, name string, err error) {
	if given != "" || file == "" {
		return trim([]byte(given)), variable, nil
	}
	text, err := read(file)
	if err != nil {
		return "", "", fmt.Errorf("reading the Mailgun API key of %s_FILE: %w", variable, err)
	}
	return trim(text), file, nil
}

// trim returns a secret without the white space and the byte order mark that editors put
// around it.
func trim(text []byte) config.Secret {
	return config.Secret(strings.TrimSpace(string(bytes.TrimPrefix(text, []byte("\ufeff")))))
}

// readSecrets reads the texts with the API tokens and with the webhook key.
func (s *Source) readSecrets(snap *Snapshot, read func(string) ([]byte, error)) error {
	err := mistakeIn("CONNECTOR_TOKEN", s.Token)
	snap.Tokens = s.Token
	if err == nil && s.TokenFile != "" {
		var words config.Secret
		words, err = readWords(read, s.TokenFile)
		snap.Tokens += "\n" + words
	}
	if err != nil {
		return fmt.Errorf("reading API tokens: %w", err)
	}
	snap.WebhookKey = s.WebhookKey
	if s.WebhookKey != "" {
		err = mistakeIn("MAILGUN_WEBHOOK_SIGNING_KEY", s.WebhookKey)
	} else if s.WebhookKeyFile != "" {
		if snap.WebhookKey, err = readWords(read, s.WebhookKeyFile); err == nil && snap.WebhookKey == "" {
			err = errors.New(s.WebhookKeyFile + " is empty")
		}
	}
	if err != nil {
		return fmt.Errorf("reading the webhook signing key: %w", err)
	}
	return nil
}

// readWords reads a file of secrets.
func readWords(read func(string) ([]byte, error), path string) (config.Secret, error) {
	text, err := read(path)
	if err != nil {
		return "", err
	}
	if bytes.ContainsRune(text, 0) {
		return "", errors.New(path + " is UTF-16: save it as UTF-8")
	}
	return trim(text), mistakeIn(path, trim(text))
}

// mistakeIn says which of several secrets can't be one.
func mistakeIn(place string, secrets config.Secret) error {
	for i, word := range secrets.Words() {
		mistake := config.Secret(word).Mistake()
		if strings.EqualFold(word, "Bearer") {
			mistake = "is the word that callers send before a token: take it away"
		}
		if mistake != "" {
			return fmt.Errorf("%s: word %d %s", place, i+1, mistake)
		}
	}
	return nil
}
