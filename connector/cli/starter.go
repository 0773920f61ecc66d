package cli

import (
	"bytes"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"go.yaml.in/yaml/v3"

	"mailgun-connector/connector/config"
	"mailgun-connector/schema"
	"mailgun-connector/templates/builtin"
)

// starter is a config to begin with, its members in the order in which they are written.
type starter struct {
	Schema           string            `json:"$schema" yaml:"-"`
	Endpoint         string            `json:"endpoint,omitempty" yaml:"endpoint,omitempty"`
	Domain           string            `json:"domain" yaml:"domain"`
	From             string            `json:"from" yaml:"from"`
	Brand            starterBrand      `json:"brand" yaml:"brand"`
	Layout           string            `json:"layout,omitempty" yaml:"layout,omitempty"`
	FallbackLanguage string            `json:"fallbackLanguage,omitempty" yaml:"fallbackLanguage,omitempty"`
	Templates        []starterTemplate `json:"templates,omitempty" yaml:"templates,omitempty"`
}

type starterBrand struct {
	Name      string   `json:"name" yaml:"name"`
	Color     string   `json:"color,omitempty" yaml:"color,omitempty"`
	Logo      string   `json:"logo,omitempty" yaml:"logo,omitempty"`
	Languages []string `json:"languages,omitempty" yaml:"languages,omitempty,flow"`
}

type starterTemplate struct {
	LanguageTag  string         `json:"languageTag" yaml:"languageTag"`
	TemplateType string         `json:"templateType" yaml:"templateType"`
	Details      starterDetails `json:"details" yaml:"details"`
}

type starterDetails struct {
	Subject     string `json:"subject" yaml:"subject"`
	ContentFile string `json:"contentFile" yaml:"contentFile"`
}

const (
	configName = "connector.yaml"
	schemaName = "connector.schema.json"
	layoutName = "mails/layout.html"
)

func newStarter(domain string, brand starterBrand) *starter {
	address := " <no-reply@" + domain + ">"
	from := brand.Name + address
	if _, err := mail.ParseAddress(from); err != nil { // punctuation needs quotes
		from = strconv.Quote(brand.Name) + address
	}
	return &starter{Schema: schemaName, Domain: domain, From: from, Brand: brand}
}

const (
	yamlHead = "# yaml-language-server: $schema=" + schemaName + "\n" +
		"# The API key comes from MAILGUN_API_KEY or MAILGUN_API_KEY_FILE.\n\n"
	yamlEndpoint = "# Mailgun's EU region; leave it out for the US.\n# endpoint: https://api.eu.mailgun.net\n\n"
	yamlMails    = "\n# A mail that is taken out here is the built-in one again.\ntemplates:\n"
)

// text returns the config as a file of this name has it, JSON or YAML.
func (s *starter) text(name string) ([]byte, error) {
	var b bytes.Buffer
	if config.FormatOf(name, []byte("{")) == config.JSON {
		err := printJSON(&b, s)
		return b.Bytes(), err
	}
	b.WriteString(yamlHead)
	if s.Endpoint == "" {
		b.WriteString(yamlEndpoint)
	}
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	err := enc.Encode(s)
	return bytes.Replace(b.Bytes(), []byte("\ntemplates:\n"), []byte(yamlMails), 1), err
}

// textFile is a file to write.
type textFile struct{ path, text string }

// files are the config, called name, and its schema.
func (s *starter) files(name string) ([]textFile, error) {
	text, err := s.text(name)
	return []textFile{{name, string(text)}, {schemaName, string(schema.JSON())}}, err
}

// layoutNote begins the file with the layout. It is a comment: no mail has it.
const layoutNote = `{{!--
The page around every mail: header, footer, the styles for light and dark screens.
A mail goes where {{{content}}} stands. brand.* is the config's brand, but the colors are
written in here and in the mails, as they were made of brand.color.
--}}
`

// addMails makes the built-in mails in the brand's languages mails of the config, in
// files of their own, and returns those files.
func (s *starter) addMails(brand builtin.Brand) ([]textFile, error) {
	mails, err := builtin.New(brand)
	if err != nil {
		return nil, err
	}
	s.Layout = layoutName
	if !slices.Contains(brand.Languages, "en") { // else the default
		s.FallbackLanguage = brand.Languages[0]
	}
	files := []textFile{{layoutName, layoutNote + mails.Layout()}}
	for _, language := range brand.Languages {
		for _, usageType := range builtin.Types() {
			source, _ := mails.Source(usageType.Name, language) // there is one for each
			file := textFile{"mails/" + language + "/" + usageType.Name + ".html", source.Content}
			files = append(files, file)
			s.Templates = append(s.Templates, starterTemplate{
				LanguageTag: language, TemplateType: usageType.Name,
				Details: starterDetails{source.Subject, file.path},
			})
		}
	}
	return files, nil
}

// writeFiles writes files to a folder, in which their paths, with slashes, lead.
func writeFiles(dir string, files []textFile) error {
	for _, f := range files {
		path := filepath.Join(dir, filepath.FromSlash(f.path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(f.text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
