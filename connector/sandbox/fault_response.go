package sandbox

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"strings"
	"time"
)

// statusLimit is Mailgun's own status for an account limit. No RFC has it.
const statusLimit = 420

// response is what a fault with a Status answers with.
func (f Fault) response(domain string, now time.Time) *response {
	r := f.standardResponse(domain, now)
	if f.Body != "" {
		r.body, r.contentType = f.Body, typeText
		if strings.HasPrefix(f.Body, "{") || strings.HasPrefix(f.Body, "[") {
			r.contentType = typeJSON
		}
	}
	r.contentType = cmp.Or(f.ContentType, r.contentType)
	return r
}

// standardResponse is Mailgun's response with the fault's status. Sources: 400
// and 403 are quoted in public issues, 420 in mailgun/mailgun-java#50 (2025), 429
// and 500 in the OpenAPI document, 413 in the reference manual, 401 and 404 in
// recordings. Those of a gateway are a guess: what matters is that they are no
// JSON.
func (f Fault) standardResponse(domain string, now time.Time) *response {
	text := http.StatusText(f.Status)
	switch f.Status {
	case http.StatusOK:
		return unknownRoute()
	case http.StatusBadRequest:
		return notAllowed(f.Status, domain, "You are sending too fast. "+
			"Your account is on probation and the account has been temporarily disabled.")
	case http.StatusUnauthorized:
		return forbidden()
	case http.StatusForbidden:
		return notAllowed(f.Status, domain, "Account disabled")
	case http.StatusNotFound:
		return refuse(f.Status, "Domain not found: %s", domain)
	case http.StatusRequestEntityTooLarge:
		return bodyTooLarge()
	case statusLimit, http.StatusTooManyRequests:
		return notAllowed(f.Status, domain, f.limit(now))
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return &response{f.Status, "text/html", "<html>\r\n<center><h1>" + text + "</h1></center>\r\n</html>\r\n"}
	}
	return refuse(f.Status, "%s", text)
}

// limit is the reason of a 420 or 429: which limit, and when to try again, in
// whole seconds, rounded up so that it is never too early.
func (f Fault) limit(now time.Time) string {
	which, waitAs := "account-requests-per-sec", cmp.Or(f.WaitAs, WaitSeconds)
	if f.Status == statusLimit {
		which, waitAs = "recipient", cmp.Or(f.WaitAs, WaitDate)
	}
	after := fmt.Sprintf("%.0f seconds", math.Ceil(f.Wait.Seconds()))
	if waitAs == WaitDate {
		at := now.Add(f.Wait + time.Second - time.Nanosecond).Truncate(time.Second)
		after = at.UTC().Format(time.RFC1123)
	}
	return fmt.Sprintf("%s limit exceeded, try again after %s", which, after)
}
