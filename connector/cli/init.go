package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"mailgun-connector/schema"
	"mailgun-connector/templates"
)

type initCmd struct {
	Dir string `arg:"" optional:"" default:"." help:"Folder to write to (default: this one)."`
}

// Run writes the starter config and tells what to do next.
func (cmd *initCmd) Run(c *call) error {
	files := starterFiles("mg.example.com", "Sender Name <no-reply@mg.example.com>", "")
	for _, f := range files {
		if _, err := os.Stat(filepath.Join(cmd.Dir, f.name)); !errors.Is(err, fs.ErrNotExist) {
			return &hintError{fmt.Errorf("%s exists already", filepath.Join(cmd.Dir, f.name)),
				"name another folder: " + name + " init DIR"}
		}
	}
	if err := writeFiles(cmd.Dir, files); err != nil {
		return err
	}
	for _, f := range files {
		fmt.Fprintln(c.Stdout, filepath.Join(cmd.Dir, f.name))
	}
	config := filepath.Join(cmd.Dir, configName)
	fmt.Fprintf(c.Stderr, "Next: set domain and from in %s, put your Mailgun key into MAILGUN_API_KEY, then\n"+
		"  %s check %s\n  %s serve --config %s\n", config, name, config, name, config)
	return nil
}

type starterFile struct{ name, text string }

const configName = "connector.yaml"

// starterFiles are a config with a mail for every usage type. An endpoint other
// than Mailgun's own is written in, "" leaves it as a comment.
func starterFiles(domain, from, endpoint string) []starterFile {
	var b strings.Builder
	b.WriteString("# yaml-language-server: $schema=connector.schema.json\n\n")
	if endpoint == "" {
		b.WriteString("# Mailgun's EU region; leave it out for the US.\n# endpoint: https://api.eu.mailgun.net\n\n")
	} else {
		fmt.Fprintf(&b, "endpoint: %s\n", endpoint)
	}
	fmt.Fprintf(&b, "domain: %s\nfrom: %s\n", domain, from)
	b.WriteString("# The API key comes from MAILGUN_API_KEY or MAILGUN_API_KEY_FILE.\n\ndeliveries:\n")
	files := []starterFile{{"connector.schema.json", string(schema.JSON())}}
	for _, mail := range templates.Starter() {
		file := "mails/" + mail.UsageType + ".html"
		fmt.Fprintf(&b, "  %s:\n    subject: %q\n    htmlFile: %s\n", mail.UsageType, mail.Subject, file)
		files = append(files, starterFile{file, mail.HTML})
	}
	return append([]starterFile{{configName, b.String()}}, files...)
}

func writeFiles(dir string, files []starterFile) error {
	for _, f := range files {
		path := filepath.Join(dir, f.name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(f.text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
