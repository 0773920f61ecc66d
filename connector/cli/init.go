package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"mailgun-connector/connector/app"
	"mailgun-connector/connector/config"
)

type initCmd struct {
	Dir       string   `arg:"" optional:"" default:"." help:"Folder to write to (default: this one), or the config's file in it: a name that ends in .json is written as JSON."`
	Name      string   `placeholder:"NAME" help:"The product's name, which the mails show (default: Acme)."`
	Color     string   `placeholder:"#RRGGBB" help:"The brand's color."`
	Logo      string   `placeholder:"URL" help:"The https address of a logo."`
	Languages []string `placeholder:"TAG,…" help:"Languages of the mails, such as en,de,pt-BR (default: all that there are; with --mails: en)."`
	Mails     bool     `help:"Write the built-in mails, too, as files to edit."`
}

// Run writes the config and tells what to do next.
func (cmd *initCmd) Run(c *call) error {
	dir, file := cmd.Dir, configName
	if configEnding.MatchString(dir) {
		dir, file = filepath.Dir(dir), filepath.Base(dir)
	}
	files, err := cmd.files(file)
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := os.Stat(filepath.Join(dir, f.path)); !errors.Is(err, fs.ErrNotExist) {
			return &hintError{fmt.Errorf("%s exists already", filepath.Join(dir, f.path)),
				"name another folder: " + name + " init DIR"}
		}
	}
	if err := writeFiles(dir, files); err != nil {
		return err
	}
	for _, f := range files {
		fmt.Fprintln(c.Stdout, filepath.Join(dir, f.path))
	}
	members := "domain and from"
	if cmd.Name == "" {
		members = "domain, from and brand"
	}
	path := filepath.Join(dir, file)
	fmt.Fprintf(c.Stderr, "Next: set %s in %s, then\n"+
		"  %[3]s check %[2]s\n"+
		"  %[3]s render --config %[2]s --all %[4]s    # every mail, to look at\n"+
		"put your Mailgun key into MAILGUN_API_KEY, and\n"+
		"  %[3]s serve --config %[2]s\n", members, path, name, filepath.Join(dir, "preview"))
	return nil
}

var configEnding = regexp.MustCompile(`\.(?:json|ya?ml)$`)

// files are what the flags ask for; the config is called file. What is wrong with a flag
// is what would be wrong with the member that it becomes.
func (cmd *initCmd) files(file string) ([]textFile, error) {
	languages := cmd.Languages
	if cmd.Mails && len(languages) == 0 {
		languages = []string{"en"}
	}
	brand := starterBrand{cmp.Or(cmd.Name, "Acme"), cmd.Color, cmd.Logo, languages}
	s := newStarter("mg.example.com", brand)
	text, err := s.text(file)
	if err != nil {
		return nil, err
	}
	cfg, err := config.Parse(text, config.ParseOptions{Name: file, KeyOptional: true})
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		return nil, &app.MisuseError{Message: misuse(invalid.Problems), Hint: "see " + name + " init --help"}
	}
	if err != nil {
		return nil, err
	}
	s.Brand.Languages = slices.Clone(cfg.Brand.Languages) // as the built-in mails write them
	var mails []textFile
	if cmd.Mails {
		if mails, err = s.addMails(*cfg.Brand); err != nil {
			return nil, err
		}
	}
	files, err := s.files(file)
	return append(files, mails...), err
}

// misuse says the first problem with a member of the brand, which has a flag of its name.
// A name that is wrong there is wrong in the sender, too.
func misuse(problems []config.Problem) string {
	for _, p := range problems {
		member, ok := strings.CutPrefix(p.Pointer, "/brand/")
		if !ok {
			continue
		}
		if list, i, ok := strings.Cut(member, "/"); ok {
			n, _ := strconv.Atoi(i)
			member = fmt.Sprintf("%s: value %d", list, n+1)
		}
		return "--" + member + " " + p.Detail
	}
	return problems[0].String()
}
