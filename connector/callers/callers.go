// Package callers speaks the languages of identity servers: each has a file that says how
// its calls prove that they are its own, which mails they ask for, and what it understands
// as an answer. A caller is a translation and nothing else: it sends nothing, keeps
// nothing, and knows neither HTTP servers nor Mailgun.
//
// What the servers do was recorded with their own code; testdata has the recordings, which
// are what this package is held to.
//
// It is as large as the servers are many: a file each, and what several of them share.
package callers

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"mailgun-connector/connector"
	"mailgun-connector/connector/config"
	"mailgun-connector/deliveries"
)

// Environment is what callers need beside their settings.
type Environment struct {
	// Now is the clock that calls are checked by.
	Now func() time.Time
	// Keys returns the public keys at an address. It is asked for callers that need them
	// only, and may return the same for the same address.
	Keys func(address string) KeySet
}

// New returns the callers of a config by their names.
func New(settings map[string]config.Caller, env Environment) (map[string]connector.Caller, error) {
	all := make(map[string]connector.Caller, len(settings))
	for name, s := range settings {
		c, err := newCaller(name, s, env)
		if err != nil {
			return nil, fmt.Errorf("preparing caller %s: %w", name, err)
		}
		all[name] = c
	}
	return all, nil
}

// dialect is what an identity server has of its own.
type dialect struct {
	prove func(s config.Caller, env Environment) (proof, error)
	parse func(c *caller, call *connector.Call, body []byte) (*reading, error)
	// unwrap returns what a call says without looking at its proof; nil for the body.
	unwrap func(body []byte) ([]byte, error)
	// answer is [connector.Caller]'s, for all but notices that need no second try.
	answer func(*connector.CallFailure) (status int, body any)

	setup     string            // what to paste where, in words
	usage     map[string]string // our usage types by its types
	linkTypes []string          // those of its types whose mails have a link and no code
	content   config.Content    // if the settings don't say
	tolerance time.Duration
	codeLife  time.Duration // 0 for that of all codes
	keyLife   time.Duration
	repeats   bool // a call that has failed
	// oneShot says that it neither repeats a call nor tells the person that it has failed:
	// what can't be sent at once is lost where no database keeps it.
	oneShot  bool
	takesPut bool
	// linkedNotices says that also a mail without a code has a link.
	linkedNotices bool
	// bringsMail says that its calls have a mail that could be sent as it is.
	bringsMail bool
}

var dialects = map[string]*dialect{
	"supabase": &supabase,
	"clerk":    &clerk,
	"kratos":   &kratos,
	"zitadel":  &zitadel,
	"hanko":    &hanko,
	"casdoor":  &casdoor,
}

// shortLife is how long a repetition is known of a caller whose calls have no id: long
// enough for all its tries, and short enough for the same to happen again.
const shortLife = 10 * time.Minute

// proof checks that a call is the caller's own. It returns what the call says, and an
// [*connector.UnprovenError] otherwise.
type proof interface {
	check(ctx context.Context, call *connector.Call, now time.Time, tolerance time.Duration) (body []byte, err error)
}

// reading is what a dialect finds in a call.
type reading struct {
	letters []letter
	fault   error                // why none of them can be sent, nil if they can
	nothing connector.CallReason // why there are none
	advice  string               // for the operator, if something could be better
	key     string               // of the call, the same when it is repeated; "" for the hash of the body
	keyLife time.Duration        // if not the dialect's
}

// letter is a mail as a dialect finds it.
type letter struct {
	to         string
	sourceType string // the caller's own word
	usageKey   string // in the table of usage types and links, if not sourceType
	usage      string // ours, if the call names it
	code, link string
	ends       time.Time      // the code's life, zero if the call does not tell
	life       time.Duration  // of the code from now on, where the call tells that; 0 if not
	payload    map[string]any // of this mail alone, never nil
	linkValues map[string]any // for a link of the operator's own
	ip         string
	rendered   *deliveries.Rendered
	unknown    bool // its type has no place in any table
}

// tableKey is the letter's place in the tables of usage types and links.
func (l *letter) tableKey() string { return cmp.Or(l.usageKey, l.sourceType) }

// caller is one entry of the config.
type caller struct {
	*dialect
	name      string
	settings  config.Caller
	proof     proof
	now       func() time.Time
	tolerance time.Duration
	locales   []pointer
	links     map[string]*linkTemplate
	content   config.Content
}

func newCaller(name string, s config.Caller, env Environment) (*caller, error) {
	c, err := newTranslation(name, s, env.Now)
	if err != nil {
		return nil, err
	}
	c.proof, err = c.prove(s, env)
	return c, err
}

// newTranslation returns a caller that can prove nothing.
func newTranslation(name string, s config.Caller, now func() time.Time) (*caller, error) {
	d, ok := dialects[s.Type]
	if !ok {
		return nil, fmt.Errorf("there is no type %q", s.Type)
	}
	c := &caller{
		dialect: d, name: name, settings: s, now: now, tolerance: d.tolerance,
		links: make(map[string]*linkTemplate, len(s.Links)), content: d.content,
	}
	if s.ToleranceSeconds > 0 {
		c.tolerance = time.Duration(s.ToleranceSeconds) * time.Second
	}
	if s.Content != "" {
		c.content = s.Content
	}
	for _, p := range s.LocaleFrom {
		c.locales = append(c.locales, newPointer(p))
	}
	for sourceType, text := range s.Links {
		c.links[sourceType] = newLinkTemplate(text)
	}
	return c, nil
}

// Preview reads a call without asking for a proof: to see what it would come to.
func Preview(name string, s config.Caller, call *connector.Call, now func() time.Time) (*connector.Order, error) {
	c, err := newTranslation(name, s, now)
	if err != nil {
		return nil, err
	}
	body := call.Body
	if c.unwrap != nil {
		if body, err = c.unwrap(body); err != nil {
			return nil, err
		}
	}
	return c.translate(call, body, now())
}

// Type implements [connector.Caller].
func (c *caller) Type() string { return c.settings.Type }

// Read implements [connector.Caller].
func (c *caller) Read(ctx context.Context, call *connector.Call) (*connector.Order, error) {
	if call.Method != http.MethodPost && (call.Method != http.MethodPut || !c.takesPut) {
		return nil, connector.ErrMethod
	}
	now := c.now()
	body, err := c.proof.check(ctx, call, now, c.tolerance)
	if err != nil {
		return nil, err
	}
	return c.translate(call, body, now)
}

// translate says what a call asks for that is known to be the caller's own. The order says
// even with an error to whom.
func (c *caller) translate(call *connector.Call, body []byte, now time.Time) (*connector.Order, error) {
	r, err := c.parse(c, call, body)
	if err != nil {
		return nil, err
	}
	order := &connector.Order{Nothing: r.nothing, Advice: r.advice, KeyLife: cmp.Or(r.keyLife, c.keyLife)}
	if r.key == "" {
		r.key = string(call.Body)
	}
	for i := range r.letters {
		mail, err := c.order(&r.letters[i], order, now)
		r.fault = cmp.Or(r.fault, err)
		if mail.Request != nil {
			mail.IdempotencyKey = c.key(r.key, i)
			order.Mails = append(order.Mails, mail)
		}
	}
	return order, r.fault
}

// key is what a mail of a call is known by when the call is repeated. It holds neither a
// code nor an address.
func (c *caller) key(call string, i int) string {
	sum := sha256.Sum256([]byte(call))
	return "callers/" + c.name + "/" + hex.EncodeToString(sum[:]) + "/" + strconv.Itoa(i)
}

// order makes of a letter the request for a mail. With an error there is one all the same
// if its recipient can be told.
func (c *caller) order(l *letter, order *connector.Order, now time.Time) (connector.Ordered, error) {
	if err := connector.CheckRecipient("recipient", l.to); err != nil {
		return connector.Ordered{}, invalid(err.Error())
	}
	if own := c.ownLink(l); own != nil {
		l.link = own.fill(l.linkValues)
	} else if !isWebAddress(l.link) {
		l.link = ""
	}
	req := &connector.Request{To: l.to, Caller: c.name, IP: l.ip, Payload: l.payload}
	c.classify(l, req, order)
	for name, value := range map[string]string{"code": l.code, "link": l.link} {
		if delete(req.Payload, name); value != "" {
			req.Payload[name] = value
		}
	}
	err := c.choose(l, req)
	return connector.Ordered{Request: req, SourceType: c.typeOf(l), Life: c.life(l, now)}, err
}

// classify finds the usage type of a letter, and whether it is a notice. A type of a later
// version goes out as Generic if it has a code or a link, and else under its own name.
func (c *caller) classify(l *letter, req *connector.Request, order *connector.Order) {
	table := l.tableKey()
	hasNone := l.code == "" && (l.link == "" || c.linkedNotices)
	usage := cmp.Or(l.usage, c.usage[table])
	req.Notice = deliveries.IsNotice(usage) || usage == "" && hasNone
	req.Type = cmp.Or(c.settings.Usage[table], usage)
	if l.unknown = req.Type == ""; l.unknown {
		order.UnknownType = typeName(l.sourceType)
		req.Type = deliveries.Generic
		if hasNone {
			req.Type = order.UnknownType
		}
	}
}

// typeOf is the caller's own word for the kind of a letter: as the tables have it, or else
// as it may stand in a log.
func (c *caller) typeOf(l *letter) string {
	if l.unknown {
		return typeName(l.sourceType)
	}
	return l.tableKey()
}

// choose decides whether the caller's own mail is sent.
func (c *caller) choose(l *letter, req *connector.Request) error {
	if l.rendered != nil && (l.rendered.HTML != "" || l.rendered.Text != "") && c.content != config.OwnContent {
		req.Rendered = l.rendered
		req.RenderedLast = c.content == config.OwnElseCaller
	}
	switch bare := l.code == "" && l.link == "" && !req.Notice; {
	case bare && req.Rendered == nil:
		return invalid("The call has neither a code nor a link to send.")
	case bare, l.unknown && !req.Notice: // the caller's mail comes before Generic's
		req.RenderedLast = false
	}
	return nil
}

// life is what is left of a code's life.
func (c *caller) life(l *letter, now time.Time) time.Duration {
	switch {
	case l.ends.IsZero() && l.life == 0 && l.code == "":
		return 0
	case l.ends.IsZero() && l.life == 0:
		return c.ownCodeLife()
	case l.ends.IsZero():
		return l.life
	}
	if left := l.ends.Sub(now); left != 0 {
		return left
	}
	return -1
}

// ownCodeLife is how long codes live by the settings, 0 for as long as all do.
func (c *caller) ownCodeLife() time.Duration {
	if s := c.settings.CodeLifeSeconds; s > 0 {
		return time.Duration(s) * time.Second
	}
	return c.codeLife
}

// Answer implements [connector.Caller]. A notice fails nobody: where it is not tried again,
// or that would not help, its caller goes on.
func (c *caller) Answer(f *connector.CallFailure) (status int, body any) {
	if f.Notice && (f.Final() || !c.repeats) {
		return http.StatusOK, nil
	}
	return c.answer(f)
}

// plainAnswer is for callers that read the status alone.
func plainAnswer(f *connector.CallFailure) (status int, body any) { return f.Status, nil }

// finalIsSuccess is for callers that would repeat what can't be helped.
func finalIsSuccess(f *connector.CallFailure) (status int, body any) {
	if f.Final() {
		return http.StatusOK, nil
	}
	return f.Status, nil
}

func invalid(message string) error {
	return &connector.Error{Code: connector.InvalidRequest, Reason: connector.ReasonCall, Message: message}
}

// maxTypeName is the length of a usage type.
const maxTypeName = 64

// typeName makes a caller's word one that may be a usage type.
func typeName(word string) string {
	name := []byte(word[:min(len(word), maxTypeName)])
	for i, b := range name {
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '_', b == '.', b == '-':
		default:
			name[i] = '-'
		}
	}
	if len(name) == 0 {
		return "Notice"
	}
	return string(name)
}
