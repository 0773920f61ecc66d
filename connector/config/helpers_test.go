package config_test

import (
	"errors"
	"testing"

	"mailgun-connector/connector/config"
)

// parse reads a config as from a file of this name.
func parse(text, name string) (*config.Config, error) {
	return config.Parse([]byte(text), config.ParseOptions{Name: name})
}

// problems returns what is wrong with a config, "pointer: detail" each.
func problems(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var invalid *config.InvalidError
	if !errors.As(err, &invalid) {
		t.Fatalf("Parse() = %v, want an *InvalidError", err)
	}
	all := make([]string, len(invalid.Problems))
	for i, p := range invalid.Problems {
		all[i] = p.String()
	}
	return all
}
