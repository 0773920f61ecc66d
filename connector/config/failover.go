package config

import (
	"cmp"
	"encoding/json"
	"net/mail"
	"strings"
	"time"

	"mailgun-connector/deliveries"
)

// Failover is the second way out. Once it is checked, everything in it is set.
type Failover struct {
	Endpoint string `json:"endpoint"`
	Domain   string `json:"domain"`
	APIKey   Secret `json:"apiKey"`
	From     string `json:"from"`
	// After is how long the main way is waited for, 0 for as long as it takes; decoded
	// apart.
	After time.Duration `json:"-"`
}

const (
	defaultAfter = 1500 * time.Millisecond
	minAfter     = 100 * time.Millisecond // less is what Mailgun takes when all is well
	maxAfter     = 3 * time.Second        // leaves time for the other way
)

// failover checks the second way, and completes it from the main one.
func (c *checker) failover(cfg *Config) {
	const at = "/failover"
	f := cfg.Failover
	f.After = c.after(at + "/after")
	f.APIKey = c.apiKey(FailoverKey, f.APIKey,
		outsideKey{c.opts.FailoverKey, c.opts.FailoverKeyName, "MAILGUN_FAILOVER_API_KEY"})
	if f.Endpoint == "" {
		f.Endpoint = cfg.Endpoint
	} else if !c.found(at + "/endpoint") {
		endpoint, err := parseEndpoint(f.Endpoint, c.opts.AllowHosts)
		if err != nil {
			c.problem(at+"/endpoint", "%v", err)
		}
		f.Endpoint = endpoint
	}
	if f.Domain == "" {
		f.Domain = cfg.Domain
	} else if !c.found(at + "/domain") {
		c.detail(at+"/domain", domainProblem(f.Domain))
	}
	if f.APIKey != "" && !c.found(at) && f.Endpoint == cfg.Endpoint &&
		strings.EqualFold(f.Domain, cfg.Domain) && f.APIKey == cfg.APIKey {
		c.problem(at, "is the main way once more: give it another endpoint, domain or key")
	}
	if f.From != "" && !c.found(at+"/from") {
		c.header(at+"/from", f.From)
		c.detail(at+"/from", senderProblem(f.From))
		c.senderDomain(at+"/from", f.From, f.Domain)
	}
	f.From = cmp.Or(f.From, atAddress(cfg.From, atDomain(cfg.From, f.Domain)))
}

// after reads the patience with the main way, the default if there is none that can be
// read. A text or the number 0: the latter is how people write it.
func (c *checker) after(pointer string) time.Duration {
	object, _ := c.doc.value.(map[string]any)
	failover, _ := object["failover"].(map[string]any)
	text, isText := failover["after"].(string)
	number, isNumber := failover["after"].(json.Number)
	switch {
	case c.found(pointer):
		return defaultAfter
	case isNumber:
		text = number.String()
	case !isText || text == "":
		return defaultAfter
	}
	after, err := time.ParseDuration(text)
	switch {
	case err != nil:
		c.problem(pointer, `is not a duration: write it like "1500ms", or 0`)
	case after != 0 && (after < minAfter || after > maxAfter):
		c.problem(pointer, "must be from 100ms to 3s, or 0")
	}
	return after
}

// atDomain returns the address of a mailbox, moved to a domain.
func atDomain(mailbox, domain string) string {
	parsed, err := mail.ParseAddress(mailbox)
	if err != nil {
		return "" // which is a problem of its own
	}
	return parsed.Address[:strings.LastIndexByte(parsed.Address, '@')+1] + domain
}

// atAddress returns a mailbox with another address under the name that it has.
func atAddress(mailbox, address string) string {
	written := (&mail.Address{Address: address}).String() // with brackets, and with quotes where it needs them
	if at := strings.LastIndexByte(mailbox, '<'); at >= 0 && strings.HasSuffix(mailbox, ">") {
		return mailbox[:at] + written
	}
	return strings.Trim(written, "<>")
}

// OtherWay returns the config of the failover: what is sent and how is the same.
func (c *Config) OtherWay() *Config {
	other := *c
	f := c.Failover
	other.Endpoint, other.Domain, other.APIKey, other.From = f.Endpoint, f.Domain, f.APIKey, f.From
	return &other
}

// OtherSender returns the sender that a mail has when it goes by the failover, of the one
// that it has by the main way; both as they are sent.
func (c *Config) OtherSender() func(sender string) string {
	main, other := deliveries.EncodeName(c.From), deliveries.EncodeName(c.Failover.From)
	address := other
	if parsed, err := mail.ParseAddress(c.Failover.From); err == nil {
		address = parsed.Address
	}
	return func(sender string) string {
		if sender == main {
			return other
		}
		return atAddress(sender, address)
	}
}
