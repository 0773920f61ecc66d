package sandbox

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
)

// defaultWait is the wait in the OpenAPI document's sample of a 429.
const defaultWait = 120 * time.Second

// response is what a fault without Hang and Drop answers with.
func (f Fault) response(domain string, now time.Time) *response {
	if f.Status == 0 {
		f.Status = http.StatusTooManyRequests
	}
	r := f.standardResponse(domain, now)
	if f.Body != "" {
		r.body, r.contentType = f.Body, typeText
		if strings.HasPrefix(f.Body, "{") || strings.HasPrefix(f.Body, "[") {
			r.contentType = typeJSON
		}
	}
	if f.ContentType != "" {
		r.contentType = f.ContentType
	}
	header := map[string]string{"Retry-After": f.RetryAfter, "Location": f.Location}
	maps.Copy(header, r.header)
	r.header = header
	return r
}

// statusLimit is Mailgun's own status for an account limit. No RFC has it.
const statusLimit = 420

// standardResponse is Mailgun's response with the fault's status. Sources: 400 and
// 403 are quoted in public issues, 420 in mailgun/mailgun-java#50 (2025), 429
// and 500 in the OpenAPI document, 413 in the reference manual, 401 and 404 in
// recordings.
func (f Fault) standardResponse(domain string, now time.Time) *response {
	switch f.Status {
	case http.StatusOK:
		return magnificent()
	case http.StatusBadRequest:
		return notAllowed(f.Status, domain, "You are sending too fast. Your account is on probation and the account has been temporarily disabled.")
	case http.StatusUnauthorized:
		return forbidden()
	case http.StatusForbidden:
		return notAllowed(f.Status, domain, "Account disabled")
	case http.StatusNotFound:
		return refuse(f.Status, "Domain not found: %s", domain)
	case http.StatusRequestEntityTooLarge:
		return tooLarge()
	case statusLimit, http.StatusTooManyRequests:
		return notAllowed(f.Status, domain, f.limit(now))
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return gatewayPage(f.Status)
	}
	return refuse(f.Status, "%s", http.StatusText(f.Status))
}

// limit is the reason of a 420 or 429: which limit, and when to try again. It
// never names a time that is too early.
func (f Fault) limit(now time.Time) string {
	wait := f.Wait
	switch {
	case wait == 0 && f.PerSecond > 0:
		wait = time.Second
	case wait == 0:
		wait = defaultWait
	}
	which, date := "account-requests-per-sec", f.WaitAs == WaitDate
	switch {
	case f.Status == statusLimit:
		which, date = "recipient", f.WaitAs != WaitSeconds
	case date:
		which = "request"
	}
	if !date {
		return fmt.Sprintf("%s limit exceeded, try again after %d seconds", which, ceil(wait)/time.Second)
	}
	at := now.Add(wait).Add(time.Second - time.Nanosecond).Truncate(time.Second)
	return fmt.Sprintf("%s limit exceeded, try again after %s", which, at.UTC().Format(time.RFC1123))
}

// ceil rounds up to whole seconds.
func ceil(d time.Duration) time.Duration {
	return (d + time.Second - time.Nanosecond).Truncate(time.Second)
}

// gatewayPage is a guess, as no recording of one was found. What matters is
// that it is no JSON.
func gatewayPage(status int) *response {
	title := fmt.Sprintf("%d %s", status, http.StatusText(status))
	page := "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title +
		"</h1></center>\r\n</body>\r\n</html>\r\n"
	return &response{status: status, contentType: "text/html", body: page}
}
