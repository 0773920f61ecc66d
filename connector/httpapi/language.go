package httpapi

import (
	"embed"
	"encoding/json"
	"fmt"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
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

// spoken are the languages that we speak, English first.
var spoken = sync.OnceValue(func() []*spokenLanguage {
	all, err := loadSentences()
	if err != nil {
		panic(err) // the files are part of the program, and a test reads them all
	}
	return all
})

func loadSentences() ([]*spokenLanguage, error) {
	files, err := sentenceFiles.ReadDir("sentences")
	if err != nil {
		return nil, err
	}
	var all []*spokenLanguage
	for _, f := range files {
		text, err := sentenceFiles.ReadFile("sentences/" + f.Name())
		if err != nil {
			return nil, err
		}
		l := &spokenLanguage{}
		if l.tag, err = language.Parse(strings.TrimSuffix(f.Name(), path.Ext(f.Name()))); err != nil {
			return nil, fmt.Errorf("sentences/%s: %w", f.Name(), err)
		}
		if err := json.Unmarshal(text, &l.texts); err != nil {
			return nil, fmt.Errorf("sentences/%s: %w", f.Name(), err)
		}
		if all = append(all, l); l.tag == language.English {
			all[0], all[len(all)-1] = l, all[0]
		}
	}
	return all, nil
}

var spokenMatcher = sync.OnceValue(func() language.Matcher {
	var tags []language.Tag
	for _, l := range spoken() {
		tags = append(tags, l.tag)
	}
	return language.NewMatcher(tags)
})

// speak returns the first of the wanted languages that we speak, or one that its reader
// understands; English if there is none.
func speak(wanted []language.Tag) *spokenLanguage {
	for _, tag := range wanted { // one by one: a later tag that fits better does not count
		if _, i, confidence := spokenMatcher().Match(tag); confidence > language.No {
			return spoken()[i]
		}
	}
	return spoken()[0]
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
	form := plural.Cardinal.MatchPlural(l.tag, n, 0, 0, 0, 0)
	return strings.ReplaceAll(l.texts[string(s)+"."+pluralForms[form]], "{n}", strconv.Itoa(n))
}

// pluralForms are CLDR's names.
var pluralForms = map[plural.Form]string{
	plural.Other: "other", plural.Zero: "zero", plural.One: "one",
	plural.Two: "two", plural.Few: "few", plural.Many: "many",
}
