package builtin

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/language"

	"mailgun-connector/templates/locale"
)

// texts is what the mails say in one language. README.md in the folder of the texts
// says what each member means and what placeholders such as {brand} stand for.
type texts struct {
	Language  string    `json:"language"`  // its own name for itself
	Direction string    `json:"direction"` // ltr or rtl
	Space     string    `json:"space"`     // between two sentences
	Colon     string    `json:"colon"`     // after a label
	CodeWord  string    `json:"codeWord"`  // the part that all its forms of "code" share
	Durations durations `json:"durations"`
	Shared    shared    `json:"shared"`
	// Mails has the words of each type: usage type → words.
	Mails map[string]mailTexts `json:"mails"`

	tag language.Tag
}

// shared is what mails of many types say.
type shared struct {
	CodeExpires  string `json:"codeExpires"`
	LinkExpires  string `json:"linkExpires"`
	OrLink       string `json:"orLink"`
	OrCode       string `json:"orCode"`
	CopyLink     string `json:"copyLink"`
	CodeSecret   string `json:"codeSecret"`
	LinkSecret   string `json:"linkSecret"`
	Application  string `json:"application"`
	Organization string `json:"organization"`
	NotYou       string `json:"notYou"`
	Review       string `json:"review"`
	Help         string `json:"help"`
}

// mailTexts is what only the mails of one type say. A mail with a code has subject,
// heading and intro, one with a link linkSubject and linkIntro, a notice subject and
// intro; Note and Button of a notice stand in for the shared ones.
type mailTexts struct {
	Subject     string   `json:"subject"`
	Heading     string   `json:"heading"`
	Intro       sentence `json:"intro"`
	LinkSubject sentence `json:"linkSubject"`
	LinkIntro   sentence `json:"linkIntro"`
	Button      string   `json:"button"`
	Note        string   `json:"note"`
}

// sentence is a text of which the names in the payload choose the variant. One without
// variants is a JSON string.
type sentence struct {
	Plain        string `json:"plain"`
	Inviter      string `json:"inviter"`
	Organization string `json:"organization"`
	Both         string `json:"both"`
}

// UnmarshalJSON takes a string or an object.
func (s *sentence) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, &s.Plain)
	}
	type variants sentence
	return json.Unmarshal(text, (*variants)(s))
}

// source returns the sentence with its choices as conditions on the payload.
func (s sentence) source() string {
	withOrganization := condition("names.inviter", s.Both, s.Organization)
	return condition("names.organization", withOrganization, condition("names.inviter", s.Inviter, s.Plain))
}

// condition returns the source that shows yes if the payload has path, no otherwise. An
// empty yes says that path makes no difference.
func condition(path, yes, no string) string {
	if yes == "" {
		return no
	}
	if no == "" {
		return "{{#if " + path + "}}" + yes + "{{/if}}"
	}
	return "{{#if " + path + "}}" + yes + "{{else}}" + no + "{{/if}}"
}

//go:embed texts/*.json
var textFiles embed.FS

// loaded reads a language's file when it is first asked for: most services need few of
// them. Language tag → its texts.
var loaded = func() map[string]func() *texts {
	files, err := textFiles.ReadDir("texts")
	if err != nil {
		panic(err) // the folder is in the binary
	}
	all := make(map[string]func() *texts, len(files))
	for _, file := range files {
		tag := strings.TrimSuffix(file.Name(), ".json")
		all[tag] = sync.OnceValue(func() *texts { return readTexts(tag) })
	}
	return all
}()

func readTexts(tag string) *texts {
	content, err := textFiles.ReadFile("texts/" + tag + ".json")
	if err != nil {
		panic(err)
	}
	t := &texts{tag: language.Make(tag)}
	if err := json.Unmarshal(content, t); err != nil {
		panic(fmt.Sprintf("reading the texts of %s: %v", tag, err)) // tests read each
	}
	return t
}

// Languages returns the BCP 47 tags of the languages that the built-in mails exist in,
// sorted.
func Languages() []string {
	return slices.Sorted(maps.Keys(loaded))
}

// nearest matches any of [Languages].
var nearest = sync.OnceValue(func() *locale.Matcher { return locale.NewMatcher(Languages()) })

// Nearest returns the one of [Languages] that a reader of tag reads best, English if
// there is none.
func Nearest(tag string) string {
	if found, ok := nearest().Match(tag); ok {
		return found
	}
	return "en"
}

func textsOf(language string) *texts {
	load, ok := loaded[language]
	if !ok {
		load = loaded["en"]
	}
	return load()
}
