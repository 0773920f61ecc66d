package builtin

import (
	"strconv"
	"strings"
	"time"

	"mailgun-connector/templates/locale"
)

// durations has the words for a number of each unit: CLDR plural category → words, in
// which {n} stands for the number.
type durations struct {
	Minutes map[string]string `json:"minutes"`
	Hours   map[string]string `json:"hours"`
	Days    map[string]string `json:"days"`
}

// ExpiresIn is a duration in words, such as "10 minutes", in one of [Languages]; any
// other language is English. It counts minutes to an hour and a half, hours to two days,
// then days; a started hour or day does not count, as a mail must not promise more
// time than there is. What is not positive is "".
func ExpiresIn(tag string, d time.Duration) string {
	if d <= 0 {
		return ""
	}
	minutes := max(int(d.Round(time.Minute)/time.Minute), 1) // a request's way here costs seconds
	t := textsOf(tag)
	words := &t.Durations
	switch hours := minutes / 60; {
	case minutes%60 != 0 && minutes <= 90 || hours == 0:
		return t.count(minutes, words.Minutes)
	case hours < 48:
		return t.count(hours, words.Hours)
	default:
		return t.count(hours/24, words.Days)
	}
}

func (t *texts) count(n int, words map[string]string) string {
	text, ok := words[locale.Plural(t.tag, n)]
	if !ok {
		text = words["other"]
	}
	return strings.ReplaceAll(text, "{n}", strconv.Itoa(n))
}
