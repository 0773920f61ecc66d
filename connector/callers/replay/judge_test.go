package replay_test

import (
	"encoding/json"
	"mime"
	"net/http"
	"testing"
)

// verdict is what an answer means to a caller.
type verdict struct {
	word       string // success, failure, retry, lost
	calls      int    // that it makes in all, if it gets the same again
	userStatus int    // 0 where nobody waits
}

// judges read answers as the callers do, by the reply_rules of their recordings.
var judges = map[string]func(status int, header http.Header, body []byte) verdict{
	"supabase": func(status int, header http.Header, body []byte) verdict {
		failed := func(user int) verdict { return verdict{"failure", 1, user} }
		switch {
		case status == http.StatusNoContent:
			return verdict{"success", 1, 200}
		case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
			if header.Get("Retry-After") != "" {
				return verdict{"retry", 3, 500}
			}
			return failed(500)
		case status != http.StatusOK && status != http.StatusAccepted:
			return failed(500)
		}
		if media, _, err := mime.ParseMediaType(header.Get("Content-Type")); err != nil || media != "application/json" {
			return failed(400)
		}
		var told struct {
			Error struct {
				HTTPCode int    `json:"http_code"`
				Message  string `json:"message"`
			} `json:"error"`
		}
		switch err := json.Unmarshal(body, &told); {
		case err != nil:
			return failed(500)
		case told.Error.Message == "":
			return verdict{"success", 1, 200}
		case told.Error.HTTPCode == 0:
			return failed(500)
		}
		return failed(told.Error.HTTPCode)
	},
	"clerk":   successOr("retry", func(status int) bool { return status/100 == 2 }),
	"kratos":  successOr("retry", func(status int) bool { return status/100 == 2 }),
	"zitadel": successOr("retry", func(status int) bool { return status/100 == 2 }),
	"hanko":   successOr("lost", func(status int) bool { return status < 400 }),
	"casdoor": successOr("failure", func(status int) bool { return status == http.StatusOK }),
}

func successOr(failure string, isSuccess func(status int) bool) func(int, http.Header, []byte) verdict {
	return func(status int, _ http.Header, _ []byte) verdict {
		if isSuccess(status) {
			return verdict{word: "success", calls: 1}
		}
		return verdict{word: failure, calls: 1}
	}
}

// TestJudges holds the judges to what the callers really made of answers.
func TestJudges(t *testing.T) {
	t.Parallel()
	for caller, judge := range judges {
		r := readRecording(t, caller)
		for _, a := range r.Answers {
			var answer struct {
				Status      int    `json:"status"`
				ContentType string `json:"content_type"`
				RetryAfter  string `json:"retry_after"`
				Body        string `json:"body"`
			}
			if err := json.Unmarshal(a.Answer, &answer); err != nil || answer.Status == 0 {
				continue // no answer at all
			}
			header := http.Header{}
			for name, value := range map[string]string{"Content-Type": answer.ContentType, "Retry-After": answer.RetryAfter} {
				if value != "" {
					header.Set(name, value)
				}
			}
			got := judge(answer.Status, header, []byte(answer.Body))
			if got.word != a.Verdict || a.Calls != 0 && got.calls != a.Calls && a.Verdict == "retry" ||
				a.UserStatus != 0 && got.userStatus != a.UserStatus {
				t.Errorf("%s: %s means %+v, recorded was %+v", caller, a.Answer, got, a)
			}
		}
	}
}
