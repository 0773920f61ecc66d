package httpapi

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/language"

	"mailgun-connector/templates/locale"
)

// sentence names what a person who signs in can be told, as the files in the folder
// sentences do.
type sentence string

const (
	notSent      sentence = "notSent"
	maybeSent    sentence = "maybeSent"
	stillSending sentence = "stillSending"
	busy         sentence = "busy"
	expired      sentence = "expired"
	badAddress   sentence = "badAddress"
	badSetup     sentence = "badSetup"
	// waitForIt is one of the two, by how long the wait is; they have a text for each
	// plural form (CLDR) of the language, such as "waitHours.one".
	waitForIt   sentence = "wait"
	waitMinutes sentence = "waitMinutes"
	waitHours   sentence = "waitHours"
)

// A language is a file in the folder sentences, named by its tag (BCP 47).
//
//go:embed sentences/*.json
var sentenceFiles embed.FS

// spokenLanguage has every sentence in one language.
type spokenLanguage struct {
	tag   language.Tag
	texts map[string]string
}

// spokenLanguages are those that we speak, by their tags.
type spokenLanguages struct {
	all     map[string]*spokenLanguage
	matcher *locale.Matcher
}

var spoken = sync.OnceValue(func() spokenLanguages {
	all, err := loadSentences()
	if err != nil {
		panic(err) // the files are part of the program, and a test reads them all
	}
	return spokenLanguages{all, locale.NewMatcher(slices.Sorted(maps.Keys(all)))}
})

func loadSentences() (map[string]*spokenLanguage, error) {
	files, err := sentenceFiles.ReadDir("sentences")
	if err != nil {
		return nil, err
	}
	all := make(map[string]*spokenLanguage, len(files))
	for _, f := range files {
		text, err := sentenceFiles.ReadFile("sentences/" + f.Name())
		if err != nil {
			return nil, err
		}
		tag := strings.TrimSuffix(f.Name(), path.Ext(f.Name()))
		l := &spokenLanguage{tag: language.Make(tag)}
		if err := json.Unmarshal(text, &l.texts); err != nil {
			return nil, fmt.Errorf("sentences/%s: %w", f.Name(), err)
		}
		all[tag] = l
	}
	return all, nil
}

// speak returns the first of the wanted languages that we speak, or one that its reader
// understands; English if there is none.
func speak(wanted []string) *spokenLanguage {
	tag, ok := spoken().matcher.Match(wanted...)
	if !ok {
		tag = "en"
	}
	return spoken().all[tag]
}

// longWait is a wait that is told in hours.
const longWait = 90 * time.Minute

// say returns a sentence; wait is only told where the sentence is about it.
func (l *spokenLanguage) say(s sentence, wait time.Duration) string {
	if s != waitForIt {
		return l.texts[string(s)]
	}
	s, unit := waitMinutes, time.Minute
	if wait > longWait {
		s, unit = waitHours, time.Hour
	}
	n := int(max(1, (wait+unit-1)/unit))
	return strings.ReplaceAll(l.texts[string(s)+"."+locale.Plural(l.tag, n)], "{n}", strconv.Itoa(n))
}
