package mailgun

import (
	"errors"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"time"
)

// maxWait is told for any longer wait, and keeps a time from wrapping around.
const maxWait = 24 * time.Hour

// againText is the two forms of "try again after": seconds, or a date.
var againText = regexp.MustCompile(
	`(?i)try again after (?:(\d+) seconds?|([A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4} [\d:]{8} [A-Z]{3,4}))`)

// retryAfter returns the wait that an answer asks for, in its Retry-After header
// (RFC 9110, section 10.2.3) or in its text; told is false if it names none.
func retryAfter(header, text string) (wait time.Duration, told bool) {
	if wait, ok := seconds(header); ok {
		return wait, true
	}
	if date, err := http.ParseTime(header); err == nil {
		return until(date), true
	}
	m := againText.FindStringSubmatch(text)
	switch {
	case m == nil:
		return 0, false
	case m[1] != "":
		return seconds(m[1])
	}
	date, err := time.Parse(time.RFC1123, m[2])
	if err != nil {
		return 0, false
	}
	return until(date), true
}

func until(date time.Time) time.Duration { return min(max(0, time.Until(date)), maxWait) }

// seconds parses a number of seconds; ok is false if it is none.
func seconds(s string) (wait time.Duration, ok bool) {
	n, err := strconv.ParseInt(s, 10, 64)
	if errors.Is(err, strconv.ErrRange) {
		n, err = math.MaxInt64, nil
	}
	n = min(max(0, n), int64(maxWait/time.Second))
	return time.Duration(n) * time.Second, err == nil
}
