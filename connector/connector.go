// Package connector is the core of the service: a [Connector] is made of a config, turns
// a request into one mail, and hands that to a [Sender].
//
// Everything that can be wrong with a config is found by [config.Parse], and everything
// that can be prepared is prepared by [New]; a Connector never changes afterwards, and a
// new config means a new one. The package knows neither HTTP, nor databases, nor
// Mailgun's client: those are rooms below it, and package app puts them together.
package connector

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/google/uuid"

	"mailgun-connector/connector/config"
	"mailgun-connector/deliveries"
)

// Connector sends mails as one config says. It is immutable and safe for
// concurrent use.
type Connector struct {
	config *config.Config
	from   string // of the config, as it is sent
	set    *deliveries.Set
	sender Sender
	hasher *RecipientHasher
}

// New compiles a config. The sender must use the same config's endpoint, domain
// and key.
func New(cfg *config.Config, sender Sender, hasher *RecipientHasher) (*Connector, error) {
	set, err := deliveries.New(deliveries.Config{
		Deliveries:       cfg.Deliveries,
		Templates:        cfg.Templates,
		Brand:            cfg.Brand,
		FallbackLanguage: cfg.FallbackLanguage,
		AutoText:         cfg.Options.AutoText == nil || *cfg.Options.AutoText,
	})
	if err != nil {
		return nil, err
	}
	return &Connector{cfg, deliveries.EncodeName(cfg.From), set, sender, hasher}, nil
}

// Config is the config that the connector was made of. The caller must not
// change it.
func (c *Connector) Config() *config.Config { return c.config }

// HasContent reports whether the config has content of the usage type's own.
func (c *Connector) HasContent(usageType string) bool { return c.set.HasContent(usageType) }

// Result is what became of a request that reached a content. Receipt is that of
// the sender, and without a provider id unless the mail was taken.
type Result struct {
	Receipt
	ID         string // of the message
	Recipient  RecipientHash
	Source     string   // the content used, see [deliveries.Content.Source]
	Unresolved []string // placeholders that the payload has no value for
}

// maxExpiry bounds how far ahead a request may set its code's end; it is the
// longest time that Mailgun tries for.
const maxExpiry = 24 * time.Hour

// Send renders the content for a request and hands it to the sender. The error
// is an [*Error]; the result says even then what is known.
func (c *Connector) Send(ctx context.Context, req *Request) (Result, error) {
	mail, err := c.prepare(req)
	if err != nil {
		return Result{}, err
	}
	receipt, err := c.sender.Send(ctx, mail)
	return newResult(mail, receipt), err
}

// SendTogether is [Connector.Send] for the mails of one call. If one of them can't be
// made, none is sent, and that error is each one's.
func (c *Connector) SendTogether(ctx context.Context, reqs []*Request) ([]Result, []error) {
	results, errs := make([]Result, len(reqs)), make([]error, len(reqs))
	mails := make([]*Email, len(reqs))
	for i, req := range reqs {
		mail, err := c.prepare(req)
		if err != nil {
			for i := range errs {
				errs[i] = err
			}
			return results, errs
		}
		mails[i] = mail
	}
	for i, handed := range SendTogether(ctx, c.sender, mails) {
		results[i], errs[i] = newResult(mails[i], handed.Receipt), handed.Err
	}
	return results, errs
}

// prepare makes the mail of a request.
func (c *Connector) prepare(req *Request) (*Email, error) {
	if err := CheckRecipient("to", req.To); err != nil {
		return nil, &Error{Code: InvalidRequest, Message: err.Error(), Err: ErrRecipient}
	}
	mail, content, err := c.Render(req)
	if err != nil {
		return nil, err
	}
	if err := c.assignIdentity(mail, req); err != nil {
		return nil, err
	}
	mail.Source = content.Source()
	mail.Redact = req.redact(mail.Subject)
	return mail, nil
}

func newResult(mail *Email, receipt Receipt) Result {
	res := Result{
		Receipt: receipt, ID: mail.ID, Recipient: mail.Recipient, Source: mail.Source, Unresolved: mail.Unresolved,
	}
	if res.MessageID != "" {
		res.ID = res.MessageID
	}
	return res
}

// ErrExpired marks an [Error] that is about a code whose life has ended: the person who
// wants it can ask for a new one.
var ErrExpired = errors.New("the code has expired")

// assignIdentity sets what makes a mail a message: id, recipient's hash, end of life.
func (c *Connector) assignIdentity(mail *Email, req *Request) error {
	id, err := uuid.NewV7()
	if err != nil {
		return err
	}
	now := time.Now()
	mail.ID, mail.Type, mail.IdempotencyKey = id.String(), req.Type, req.IdempotencyKey
	mail.Recipient = c.hasher.Hash(mail.To)
	if mail.Expires = c.expires(req, now); !mail.Expires.After(now) {
		return &Error{
			Code: InvalidRequest, Message: "The code has expired already: expiresAt is in the past.",
			Err: ErrExpired,
		}
	}
	return nil
}

// expires returns when the life of a request's code ends.
func (c *Connector) expires(req *Request, now time.Time) time.Time {
	limit := now.Add(maxExpiry)
	switch at := req.ExpiresAt; {
	case at.IsZero():
		return now.Add(c.config.Options.DeliverWithin)
	case at.After(limit):
		return limit
	default:
		return at
	}
}

// Render returns the mail that a request would send, without sending it and
// without asking for a recipient. The error is an [*Error].
func (c *Connector) Render(req *Request) (*Email, *deliveries.Content, error) {
	if err := req.check(); err != nil {
		return nil, nil, &Error{Code: InvalidRequest, Message: err.Error()}
	}
	content, payload, err := c.content(req)
	if err != nil {
		return nil, nil, err
	}
	head, err := content.Head(payload)
	if _, ok := errors.AsType[*deliveries.TooLargeError](err); ok {
		return nil, nil, &Error{
			Code: InvalidRequest, Message: "Refused: " + err.Error() + ".",
			Hint: "Send shorter values, or use each less often in the content.", Err: err,
		}
	}
	if err != nil {
		return nil, nil, &Error{Code: InvalidRequest, Message: "Refused: " + err.Error() + ".", Err: err}
	}
	if head.From == "" {
		head.From = c.from
	}
	if head.Template != "" {
		payload = req.variables()
	}
	body := func() deliveries.Body { return content.Body(payload) }
	return &Email{Head: head, To: req.To, Body: body}, content, nil
}

// content returns the content for a request, and the payload that fills it.
func (c *Connector) content(req *Request) (*deliveries.Content, map[string]any, error) {
	if req.Rendered != nil && !req.RenderedLast {
		return c.rendered(req)
	}
	content, ok := c.set.Find(deliveries.Wanted{
		UsageType: req.Type, Languages: req.languages(), Link: req.string("link") != "" && req.string("code") == "",
		Own: req.Notice || req.Rendered != nil,
	})
	if !ok && req.Rendered != nil {
		return c.rendered(req)
	}
	if !ok {
		return nil, nil, &Error{
			Code:    TemplateNotFound,
			Message: "No delivery is configured for usage type " + req.Type + ", and no Generic one.",
			Hint:    "Add a delivery for the type, or a Generic one, to the config." + c.ownTypes(),
		}
	}
	payload := content.Complete(req.Payload, c.expires(req, time.Now()))
	err := checkNeeds(req, content, payload)
	if err != nil && req.Rendered != nil {
		return c.rendered(req)
	}
	return content, payload, err
}

// rendered returns the mail that the caller has made.
func (c *Connector) rendered(req *Request) (*deliveries.Content, map[string]any, error) {
	autoText := c.config.Options.AutoText == nil || *c.config.Options.AutoText
	content, payload, err := req.Rendered.Content("callers/"+req.Caller, autoText)
	if err != nil {
		return nil, nil, &Error{Code: InvalidRequest, Message: "The caller's mail is refused: " + err.Error() + "."}
	}
	return content, payload, nil
}

// checkNeeds refuses a request that lacks what its mail is sent for.
func checkNeeds(req *Request, content *deliveries.Content, payload map[string]any) error {
	needed := []string{"code"}
	if deliveries.IsForLink(req.Type) || req.Caller != "" {
		needed = append(needed, "link")
	}
	for _, member := range needed {
		if req.string(member) != "" || !content.Needs(member, payload) {
			continue
		}
		return &Error{
			Code:    InsufficientRequest,
			Message: "The content for usage type " + req.Type + " needs a " + member + ", and the payload has none.",
			Hint:    "Send payload." + member + ", or configure a delivery without {{" + member + "}} for the type.",
		}
	}
	return nil
}

// maxTypesTold bounds how many usage types a hint names.
const maxTypesTold = 12

// ownTypes is a sentence that names the config's usage types, since most often one of
// them was meant.
func (c *Connector) ownTypes() string {
	types := c.set.UsageTypes()
	if len(types) == 0 || len(types) > maxTypesTold {
		return ""
	}
	return " It has content for " + strings.Join(types, ", ") + "."
}
