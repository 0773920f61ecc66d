package config

import (
	"bytes"
	"strings"
)

// Format is a way to write a config.
type Format string

// The formats of a config.
const (
	JSON Format = "json"
	YAML Format = "yaml"
)

// Document is a config as it was written.
type Document struct {
	Data   []byte
	Format Format
}

var byteOrderMark = []byte("\ufeff")

// FormatOf tells the format of a file. A text that begins like JSON's objects or
// lists is JSON, any other YAML; a name that ends in .yaml or .yml is always YAML.
func FormatOf(name string, text []byte) Format {
	if strings.HasSuffix(name, ".yaml") || strings.HasSuffix(name, ".yml") {
		return YAML
	}
	trimmed := bytes.TrimSpace(bytes.TrimPrefix(text, byteOrderMark))
	if len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
		return JSON
	}
	return YAML
}
