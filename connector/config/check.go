package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"mailgun-connector/deliveries"
	"mailgun-connector/schema"
	"mailgun-connector/templates"
)

// maxProblems bounds the list of a config's problems: nobody fixes more at a time.
const maxProblems = 100

// checker collects what is wrong with a config.
type checker struct {
	opts     ParseOptions
	doc      tree
	problems []Problem
	warnings []Problem
	wrong    map[string]bool // the pointers of problems, and of all that is around them
	more     bool            // there are more problems than are listed

	ownKeys []string // the pointers of API keys that the document has

	frame  *templates.Layout // nil for none, or for one that is wrong
	framed bool              // some mail is put into it
	mails  int               // bytes of HTML so far
}

// run checks everything, as long as there is room for problems, and returns the config
// as it is to be used if there are none.
func (c *checker) run() *Config {
	c.problems = c.doc.problems // of notation alone: what is written there is checked all the same
	c.warnings = c.doc.warnings
	c.takeForeignTemplates()
	schema.DropEmpty(c.doc.value)
	before := len(c.problems)
	schema.CheckSizes(c.doc.value, c.report)
	if len(c.problems) > before {
		return nil
	}
	if schema.Validate(c.doc.value, c.report); c.more {
		return nil
	}
	cfg := c.decode()
	c.check(cfg)
	return cfg
}

// report is a [schema.Report].
func (c *checker) report(pointer, detail string) bool {
	return c.add(Problem{pointer, detail, c.doc.line(pointer)})
}

// add reports whether there was room.
func (c *checker) add(p Problem) bool {
	if len(c.problems) == maxProblems {
		c.more = true
		return false
	}
	if c.wrong == nil {
		c.wrong = map[string]bool{}
	}
	for around := p.Pointer; !c.wrong[around]; around = around[:max(0, strings.LastIndexByte(around, '/'))] {
		c.wrong[around] = true
	}
	c.problems = append(c.problems, p)
	return true
}

func (c *checker) problem(pointer, format string, args ...any) {
	c.report(pointer, fmt.Sprintf(format, args...))
}

func (c *checker) warn(pointer, format string, args ...any) {
	c.warnings = append(c.warnings, Problem{pointer, fmt.Sprintf(format, args...), c.doc.line(pointer)})
}

// sorted returns the problems in the order of their lines.
func (c *checker) sorted() []Problem {
	sortProblems(c.problems)
	if c.more {
		return append(c.problems, Problem{Detail: "further problems are not listed"})
	}
	return c.problems
}

// decode returns as much of the config as has the right types: members that the
// schema found wrong are zero, so that the others can still be checked.
func (c *checker) decode() *Config {
	cfg := &Config{FallbackLanguage: "en"}
	object, _ := c.doc.value.(map[string]any)
	cfg.Options.DeliverWithin = c.deliverWithin(object["options"])
	for name, target := range map[string]any{
		"endpoint": &cfg.Endpoint, "domain": &cfg.Domain, "apiKey": &cfg.APIKey, "from": &cfg.From,
		"brand": &cfg.Brand, "deliveries": &cfg.Deliveries, "templates": &cfg.Templates, "layout": &cfg.Layout,
		"fallbackLanguage": &cfg.FallbackLanguage, "options": &cfg.Options,
		"failover": &cfg.Failover, "callers": &cfg.Callers,
	} {
		v, ok := object[name]
		if !ok {
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			c.problem("/"+name, "can't be read: %v", err)
			continue
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber() // variables keep their numbers as written
		if err := dec.Decode(target); err != nil && !c.found("/"+name) {
			c.problem("/"+name, "can't be read: %v", err)
		}
	}
	return cfg
}

// deliverWithin reads the one member with a type of its own, the default if there is
// none that can be read. It is not decoded with the rest: that would end with it.
func (c *checker) deliverWithin(options any) time.Duration {
	object, _ := options.(map[string]any)
	text, ok := object["deliverWithin"].(string)
	if !ok {
		return defaultDeliverWithin
	}
	within, err := time.ParseDuration(text)
	switch {
	case err != nil:
		c.problem("/options/deliverWithin", `is not a duration: write it like "10m" or "1h30m"`)
	case within < minDeliverWithin || within > maxDeliverWithin:
		c.problem("/options/deliverWithin", "must be from 1m to 24h")
	default:
		return within
	}
	return defaultDeliverWithin
}

// found reports whether the value at pointer, or a part of it, is known to be
// wrong already.
func (c *checker) found(pointer string) bool { return c.wrong[pointer] }

// check adds the problems and warnings that follow from cfg, and completes it:
// endpoint, API key and the contents of files.
func (c *checker) check(cfg *Config) {
	if !c.found("/endpoint") {
		endpoint, err := parseEndpoint(cfg.Endpoint, c.opts.AllowHosts)
		if err != nil {
			c.problem("/endpoint", "%v", err)
		}
		cfg.Endpoint = endpoint
	}
	if !c.found("/domain") {
		c.detail("/domain", domainProblem(cfg.Domain))
	}
	cfg.APIKey = c.apiKey(MainKey, cfg.APIKey, outsideKey{c.opts.APIKey, c.opts.APIKeyName, "MAILGUN_API_KEY"})
	if !c.found("/from") {
		c.header("/from", cfg.From)
		c.detail("/from", senderProblem(cfg.From))
	}
	if cfg.Brand != nil {
		c.brand(cfg.Brand)
	}
	if cfg.Failover != nil {
		c.failover(cfg)
	}
	c.options(&cfg.Options)
	c.layout(cfg)
	for _, usageType := range slices.Sorted(maps.Keys(cfg.Deliveries)) {
		d := cfg.Deliveries[usageType]
		c.delivery("/deliveries/"+schema.EscapePointer(usageType), usageType, &d, cfg)
		cfg.Deliveries[usageType] = d
	}
	c.templates(cfg)
	c.unusedLayout(cfg)
	c.callers(cfg)
	c.meaning(cfg)
}

// element is the pointer to an element of a list.
func element(list string, i int) string { return list + "/" + strconv.Itoa(i) }

// detail is problem for a check that returns its sentence, "" for none.
func (c *checker) detail(pointer, detail string) {
	if detail != "" {
		c.report(pointer, detail)
	}
}

// outsideKey is a key that counts where the config has none.
type outsideKey struct {
	key      Secret
	from     string // where it is from, "" for another config
	variable string // of the environment, that it may come from
}

// apiKey returns the key at pointer or the one from outside, whichever counts, and looks
// for what shows that it is none.
func (c *checker) apiKey(pointer string, key Secret, outside outsideKey) Secret {
	own := key != "" && key != Masked
	if own {
		c.ownKeys = append(c.ownKeys, pointer)
	} else {
		key = outside.key
	}
	mistake := key.Mistake()
	switch {
	case c.found(pointer):
	case key == "" && c.opts.KeyOptional:
	case key == "":
		c.problem(pointer, "is missing: add it, or set %s or %[1]s_FILE", outside.variable)
	case mistake != "" && (own || outside.from == ""):
		c.problem(pointer, "%s", mistake)
	case mistake != "": // this document is not to blame
		c.add(Problem{Detail: "the API key of " + outside.from + " " + mistake})
	}
	return key
}

// ownHeaders are set by the connector or by Mailgun, so a config can't set them.
var ownHeaders = []string{
	"from", "to", "cc", "bcc", "subject", "reply-to", "sender", "date", "message-id", "mime-version",
	"content-type", "content-transfer-encoding",
}

func (c *checker) options(o *Options) {
	size := 0
	for _, name := range slices.Sorted(maps.Keys(o.Headers)) {
		at := "/options/headers/" + schema.EscapePointer(name)
		lower := strings.ToLower(name)
		switch {
		case slices.Contains(ownHeaders, lower):
			c.problem(at, "can't be set here: the connector or Mailgun sets it")
		case strings.HasPrefix(lower, "x-mailgun-"): // recipients, times, templates, whole other mails
			c.problem(at, "can't be set here: headers that begin with X-Mailgun- change how Mailgun delivers; "+
				"see the other options")
		}
		c.header(at, o.Headers[name])
		size += len("h:") + len(name) + len(o.Headers[name])
	}
	if size > maxSendOptions {
		c.problem("/options/headers", "takes %d KB: %s", size>>10, sendOptionsRule)
	}
}

// Mailgun takes 16 KB of send options in all (documentation.mailgun.com, "Messages":
// parameters that begin with o:, h:, v: or t:).
const (
	maxSendOptions  = 16 << 10
	nearSendOptions = 12 << 10
	sendOptionsRule = "Mailgun takes 16 KB of headers, tags and variables in all, and the payload comes on top"
)

// variables checks the size of a stored template's variables, beside the other options
// that go with every mail.
func (c *checker) variables(pointer string, d *deliveries.Delivery, o *Options) {
	text, err := writeJSON(d.Variables)
	if err != nil || len(d.Variables) == 0 {
		return
	}
	size := len(text)
	for name, value := range o.Headers {
		size += len(name) + len(value)
	}
	for _, tag := range o.Tags {
		size += len(tag)
	}
	switch {
	case size > maxSendOptions:
		c.problem(pointer+"/variables", "takes %d KB: %s", size>>10, sendOptionsRule)
	case size > nearSendOptions:
		c.warn(pointer+"/variables", "takes %d KB: %s", size>>10, sendOptionsRule)
	}
}
